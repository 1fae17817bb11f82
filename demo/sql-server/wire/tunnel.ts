import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { createAssembler, messageType, toPackets } from './packets.js';

/**
 * TLS as TDS 7.x does it: the handshake's records travel inside PRELOGIN packets, then raw TLS takes over. Which of the
 * two the client is at shows in the first byte it sends: a packet starts with 0x12, a TLS record never does.
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
