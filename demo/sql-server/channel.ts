import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { ByteWriter } from './wire/bytes.js';
import { createAssembler, messageType, toPackets } from './wire/packets.js';
import type { Message } from './wire/packets.js';
import { startTls } from './wire/tunnel.js';

const flushAt = 32 * 1024;

/** The connection of one client: receives whole messages and sends packets, with or without TLS. */
export interface Channel {
  packetSize: number;
  startTls(context: SecureContext): void;
  /** Sends a complete message. */
  send(type: number, body: Buffer): void;
  answer(): Answer;
  /** Resets the connection after `bytes` more bytes were sent. */
  cutAfter(bytes: number): void;
  /** Resets the connection now: the client gets ECONNRESET, as with an unplugged cable. */
  cut(): void;
  end(): void;
}

/** An answer that is sent in parts while it is written. */
export interface Answer {
  out: ByteWriter;
  /** Sends complete packets once there are enough bytes; false if the caller must wait with `drained`. */
  pace(): boolean;
  drained(): Promise<void>;
  /** Sends all remaining bytes without ending the message. */
  flush(): void;
  /** Sends the remaining bytes and ends the message. */
  end(): void;
}

export function createChannel(socket: Socket, onMessage: (message: Message) => void, onClose: () => void): Channel {
  let stream: Duplex = socket;
  let allowance = Number.POSITIVE_INFINITY;
  socket.setNoDelay(true);
  socket.on('close', onClose);
  listen(socket);

  function listen(on: Duplex): void {
    const assemble = createAssembler(onMessage);
    on.on('data', (chunk: Buffer) => {
      try {
        assemble(chunk);
      } catch {
        // Data that is not TDS gets no answer; a real server disconnects too.
        socket.destroy();
      }
    });
    on.on('error', () => socket.destroy());
  }

  function write(type: number, body: Buffer, end: boolean): boolean {
    if (stream.destroyed) return true;
    let goesOn = true;
    for (const part of toPackets(type, body, channel.packetSize, end)) {
      const allowed = part.length <= allowance ? part : part.subarray(0, allowance);
      allowance -= allowed.length;
      goesOn = stream.write(allowed);
      if (allowed !== part) {
        // The allowed bytes must reach the client before the reset, so they are sent first.
        socket.end(() => channel.cut());
        return true;
      }
    }
    return goesOn;
  }

  const channel: Channel = {
    packetSize: 4096,
    startTls(context) {
      socket.removeAllListeners('data');
      stream = startTls(socket, context);
      listen(stream);
    },
    send: (type, body) => void write(type, body, true),
    cutAfter: (bytes) => void (allowance = bytes),
    cut: () => socket.resetAndDestroy(),
    end: () => stream.end(),
    answer() {
      const out = new ByteWriter(flushAt * 2);
      const drained = (): Promise<void> =>
        new Promise((resolve) => {
          if (stream.destroyed || !stream.writableNeedDrain) return resolve();
          const done = (): void => {
            stream.off('drain', done);
            socket.off('close', done);
            resolve();
          };
          stream.on('drain', done);
          socket.on('close', done);
        });
      const flush = (): void => void write(messageType.answer, out.take(), false);
      const pace = (): boolean => {
        if (out.length < flushAt) return true;
        // Send only whole packets; the rest stays for the next one.
        const room = channel.packetSize - 8;
        const bytes = out.take();
        const whole = bytes.length - (bytes.length % room);
        const goesOn = write(messageType.answer, bytes.subarray(0, whole), false);
        out.raw(bytes.subarray(whole));
        return goesOn;
      };
      return { out, pace, drained, flush, end: () => void write(messageType.answer, out.take(), true) };
    },
  };
  return channel;
}
