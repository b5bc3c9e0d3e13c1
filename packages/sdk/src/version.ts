/** Version of this package, as sent in the user agent. A test keeps it equal to package.json. */
export const SDK_VERSION = "0.1.0";

/** User agent of every HTTP request outside browsers. */
export const USER_AGENT = `peaq-os-sdk-js/${SDK_VERSION}`;
