/** Message types of client and server (MS-TDS 2.2.3.1.1). */
export const messageType = {
  batch: 0x01,
  rpc: 0x03,
  answer: 0x04,
  attention: 0x06,
  login: 0x10,
  prelogin: 0x12,
} as const;

const headerLength = 8;
const endOfMessage = 0x01;

export interface Message {
  type: number;
  body: Buffer;
}

/** Splits a message into packets of at most `packetSize` bytes with headers; marks the last one if `end`. */
export function toPackets(type: number, body: Buffer, packetSize: number, end: boolean): Buffer[] {
  const room = packetSize - headerLength;
  const parts: Buffer[] = [];
  let id = 0;
  for (let at = 0; at < body.length || parts.length === 0; at += room) {
    const piece = body.subarray(at, at + room);
    const header = Buffer.alloc(headerLength);
    header[0] = type;
    header[1] = end && at + room >= body.length ? endOfMessage : 0;
    header.writeUInt16BE(headerLength + piece.length, 2);
    header[6] = ++id & 0xff;
    parts.push(header, piece);
  }
  return parts;
}

const known = new Set<number>(Object.values(messageType));

/** Creates an assembler that takes the chunks of a socket and passes whole messages to `onMessage`. */
export function createAssembler(onMessage: (message: Message) => void): (chunk: Buffer) => void {
  let waiting: Buffer = Buffer.alloc(0);
  let pieces: Buffer[] = [];
  return (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    while (waiting.length >= headerLength) {
      if (!known.has(waiting[0] as number)) throw new RangeError(`a packet of type ${waiting[0]} is no TDS`);
      const length = waiting.readUInt16BE(2);
      if (length < headerLength) throw new RangeError(`a packet cannot be ${length} bytes long`);
      if (waiting.length < length) return;
      const packet = waiting.subarray(0, length);
      waiting = waiting.subarray(length);
      pieces.push(packet.subarray(headerLength));
      if (((packet[1] as number) & endOfMessage) === 0) continue;
      const body = Buffer.concat(pieces);
      pieces = [];
      onMessage({ type: packet[0] as number, body });
    }
  };
}
