import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { ByteWriter } from './wire/bytes.js';
import { createAssembler, messageType, toPackets, type Message } from './wire/packets.js';
import { startTls } from './wire/tunnel.js';

const flushAt = 32 * 1024;

/** The connection of one client: receives whole messages and sends packets, with or without TLS. */
export interface Channel {
  packetSize: number;
  startTls(context: SecureContext): void;
  /** Sends a complete message. */
  send(type: number, body: Buffer): void;
  answer(): Answer;
  /** Resets the connection now: the client gets ECONNRESET, as with an unplugged cable. */
  cut(): void;
  end(): void;
}

/** An answer that is sent in parts while it is written. */
export interface Answer {
  out: ByteWriter;
  /** Sends complete packets once there are enough bytes. Returns a promise if the caller must wait for the client. */
  pace(): Promise<void> | undefined;
  /** Sends all remaining bytes without ending the message. */
  flush(): void;
  /** Sends the remaining bytes and ends the message. */
  end(): void;
}

export function createChannel(socket: Socket, onMessage: (message: Message) => void, onClose: () => void): Channel {
  let stream: Duplex = socket;
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
    let goesOn = true;
    for (const part of toPackets(type, body, channel.packetSize, end)) goesOn = stream.destroyed || stream.write(part);
    return goesOn;
  }

  function answer(): Answer {
    const out = new ByteWriter(flushAt * 2);
    return {
      out,
      pace() {
        if (out.length < flushAt) return undefined;
        // Send only whole packets; the rest stays for the next one.
        const room = channel.packetSize - 8;
        const bytes = out.take();
        const whole = bytes.length - (bytes.length % room);
        const goesOn = write(messageType.answer, bytes.subarray(0, whole), false);
        out.raw(bytes.subarray(whole));
        if (goesOn || stream.destroyed) return undefined;
        return new Promise((resolve) => {
          stream.once('drain', resolve);
          socket.once('close', resolve);
        });
      },
      flush: () => void write(messageType.answer, out.take(), false),
      end: () => void write(messageType.answer, out.take(), true),
    };
  }

  const channel: Channel = {
    packetSize: 4096,
    startTls(context) {
      socket.removeAllListeners('data');
      stream = startTls(socket, context);
      listen(stream);
    },
    send: (type, body) => void write(type, body, true),
    answer,
    cut: () => socket.resetAndDestroy(),
    end: () => stream.end(),
  };
  return channel;
}
