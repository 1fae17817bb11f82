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

  u8(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#bytes.writeUInt16LE(value, at);
  }

  i16(value: number): void {
    const at = this.#grow(2);
    this.#bytes.writeInt16LE(value, at);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  u32BigEndian(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  i32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeInt32LE(value, at);
  }

  u64(value: bigint): void {
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64LE(value, at);
  }

  i64(value: bigint): void {
    const at = this.#grow(8);
    this.#bytes.writeBigInt64LE(value, at);
  }

  f32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeFloatLE(value, at);
  }

  f64(value: number): void {
    const at = this.#grow(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  /** Writes an unsigned number of up to 6 bytes. */
  uint(value: number, size: number): void {
    const at = this.#grow(size);
    this.#bytes.writeUIntLE(value, at, size);
  }

  raw(bytes: Buffer): void {
    const at = this.#grow(bytes.length);
    bytes.copy(this.#bytes, at);
  }

  utf16(text: string): void {
    const at = this.#grow(text.length * 2);
    this.#bytes.write(text, at, 'utf16le');
  }

  /** Writes ASCII bytes, each followed by a zero: UTF-16 without an intermediate string. */
  widened(ascii: Buffer): void {
    let at = this.#grow(ascii.length * 2);
    const bytes = this.#bytes;
    for (const byte of ascii) {
      bytes[at++] = byte;
      bytes[at++] = 0;
    }
  }

  /** Writes B_VARCHAR: one byte of length in characters, then UTF-16. */
  shortText(text: string): void {
    this.u8(text.length);
    this.utf16(text);
  }

  /** Writes US_VARCHAR: two bytes of length in characters, then UTF-16. */
  longText(text: string): void {
    this.u16(text.length);
    this.utf16(text);
  }

  /** Overwrites the 16-bit length reserved at `at`. */
  patchU16(at: number, value: number): void {
    this.#bytes.writeUInt16LE(value, at);
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

  u8(): number {
    return this.bytes.readUInt8(this.#step(1));
  }

  u16(): number {
    return this.bytes.readUInt16LE(this.#step(2));
  }

  i16(): number {
    return this.bytes.readInt16LE(this.#step(2));
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.#step(4));
  }

  i32(): number {
    return this.bytes.readInt32LE(this.#step(4));
  }

  u64(): bigint {
    return this.bytes.readBigUInt64LE(this.#step(8));
  }

  uint(size: number): number {
    return this.bytes.readUIntLE(this.#step(size), size);
  }

  raw(count: number): Buffer {
    if (count > this.left) throw new RangeError(`${count} bytes announced, ${this.left} there`);
    const at = this.#step(count);
    return this.bytes.subarray(at, at + count);
  }

  utf16(characters: number): string {
    return this.raw(characters * 2).toString('utf16le');
  }

  #step(count: number): number {
    const at = this.at;
    this.at += count;
    return at;
  }
}
