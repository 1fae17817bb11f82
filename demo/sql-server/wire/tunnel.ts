import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { createAssembler, messageType, toPackets } from './packets.js';

/**
 * Starts TLS as in TDS 7.x: the records of the handshake are inside PRELOGIN packets, then raw TLS follows. The first
 * byte from the client distinguishes the two: a packet starts with 0x12, a TLS record never does.
 */
export function startTls(socket: Socket, secureContext: SecureContext): TLSSocket {
  let shakingHands = true;
  const tunnel = new Duplex({
    read: () => {
      socket.resume();
    },
    write: (chunk: Buffer, _encoding, done) => {
      const parts = shakingHands ? toPackets(messageType.prelogin, chunk, 4096, true) : [chunk];
      const last = parts.pop() as Buffer;
      for (const part of parts) socket.write(part);
      if (socket.write(last)) done();
      else socket.once('drain', () => done());
    },
    final: (done) => {
      socket.end(done);
    },
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });

  const assemble = createAssembler((message) => tunnel.push(message.body));
  socket.on('data', (chunk: Buffer) => {
    if (shakingHands && chunk[0] !== messageType.prelogin) shakingHands = false;
    if (shakingHands) assemble(chunk);
    else if (!tunnel.push(chunk)) socket.pause();
  });
  socket.on('end', () => tunnel.push(null));
  socket.on('close', () => tunnel.destroy());
  return new TLSSocket(tunnel, { isServer: true, secureContext });
}
