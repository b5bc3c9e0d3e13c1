/** Where global-setup.ts listens, told to the workers through the environment. */
export const DOOR = "PEAQOS_TESTKIT_POSTGRES_DOOR";
