/** A growing buffer writer; little-endian, the default of TDS. */
export class ByteWriter {
  #bytes: Buffer;
  length = 0;

  constructor(size = 1024) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  /** Makes room for `count` more bytes and returns their offset. */
  #grow(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }

  u8 = (value: number): void => this.uint(value, 1);
  u16 = (value: number): void => this.uint(value, 2);
  u32 = (value: number): void => this.uint(value, 4);

  /** Writes an unsigned number of up to 6 bytes. */
  uint(value: number, size: number): void {
    const at = this.#grow(size);
    this.#bytes.writeUIntLE(value, at, size);
  }

  /** Writes a signed number of up to 6 bytes. */
  int(value: number, size: number): void {
    const at = this.#grow(size);
    this.#bytes.writeIntLE(value, at, size);
  }

  /** Writes a number of 4, 8, 12 or 16 bytes, negative ones as two's complement. */
  big(value: bigint, size: number): void {
    let rest = BigInt.asUintN(size * 8, value);
    for (let at = 0; at < size; at += 4, rest >>= 32n) this.u32(Number(rest & 0xffffffffn));
  }

  raw(bytes: Buffer): void {
    const at = this.#grow(bytes.length);
    bytes.copy(this.#bytes, at);
  }

  /** Writes B_VARCHAR: one byte of length in characters, then UTF-16. */
  shortText(text: string): void {
    this.u8(text.length);
    this.raw(Buffer.from(text, 'utf16le'));
  }

  /** Writes what `write` adds, after its length in two bytes. */
  counted(write: () => void): void {
    const at = this.#grow(2);
    write();
    this.#bytes.writeUInt16LE(this.length - at - 2, at);
  }

  /** Returns the written bytes and empties the writer. */
  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.length);
    this.#bytes = Buffer.allocUnsafe(this.#bytes.length);
    this.length = 0;
    return bytes;
  }
}

/** Reads the format of `ByteWriter`; past the end it throws a RangeError, which ends the connection. */
export class ByteReader {
  at = 0;
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  u8 = (): number => this.raw(1).readUInt8();
  u16 = (): number => this.raw(2).readUInt16LE();
  u32 = (): number => this.raw(4).readUInt32LE();

  raw(count: number): Buffer {
    if (count > this.left) throw new RangeError(`${count} bytes announced, ${this.left} there`);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  utf16(characters: number): string {
    return this.raw(characters * 2).toString('utf16le');
  }
}
