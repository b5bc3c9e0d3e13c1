/** Single DID attributes (`@peaqos/peaq-os-sdk/did`): the on-chain escape hatch; `queryMachine` is the usual way. */
export { type DIDAttribute, findAttribute, readAttribute } from "./actions/did/read-attribute.ts";
export { type AttributeStep, planAttributes, writeAttributes } from "./actions/did/write-attributes.ts";
export { type AttributeText, encodeAttributeWrite } from "./codec/did.ts";
