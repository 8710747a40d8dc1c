declare module "pg/lib/crypto/sasl.js" {
  const sasl: unknown;
  export = sasl;
}
