/** This release. The packages carry the same number; a test holds them together. */
export const version = "0.1.0";
