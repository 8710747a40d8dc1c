/** The address that a listener asked for belongs to somebody else. */
export class AddressInUse extends Error {
  override readonly name = "AddressInUse";
  readonly host: string;
  readonly port: number;

  constructor(address: { readonly host: string; readonly port: number }, cause: unknown) {
    super(`address ${address.host}:${address.port} is already in use`, { cause });
    this.host = address.host;
    this.port = address.port;
  }
}
