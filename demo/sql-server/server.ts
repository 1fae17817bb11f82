import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { makeCertificate } from './certificate.js';
import { createFaults, type Faults } from './faults.js';
import type { LoginRules } from './login.js';
import { serveSession, type Host, type LoggedStatement } from './session.js';
import type { Encryption } from './wire/prelogin.js';

export interface TdsOptions extends Omit<LoginRules, 'faults'> {
  /** The MariaDB server that holds the data: `mysql://user:password@host:port/...`; the database in the URL is ignored. */
  mysqlUrl: string;
  /** `offered` (the default) accepts clients with and without TLS; `not-supported` refuses TLS. */
  encryption?: Encryption;
  host?: string;
  /** Port; 0, the default, picks a free one. */
  port?: number;
}

/** A running stand-in for SQL Server. */
export interface Tds {
  host: string;
  port: number;
  /** PEM of the self-signed certificate. */
  certificate: string;
  faults: Faults;
  /** The last executed statements, oldest first; to clear them: `tds.statements.length = 0`. */
  statements: LoggedStatement[];
  /** Number of open connections. */
  readonly connections: number;
  stop(): Promise<void>;
}

const keptStatements = 10_000;

/**
 * Starts a small TDS 7.4 server, so that the real `mssql` driver can run where no SQL Server can be installed. It
 * translates the statements that our connectors send to a read-only MariaDB database and refuses all others with
 * error 102. Set TEST_MSSQL_URL to run the same tests on a real SQL Server.
 */
export async function startTds(options: TdsOptions): Promise<Tds> {
  const address = options.host ?? '127.0.0.1';
  const faults = createFaults();
  const statements: LoggedStatement[] = [];
  const sockets = new Set<Socket>();

  const host: Host = {
    encryption: 'offered',
    ...options,
    certificate: await makeCertificate(address),
    faults,
    note(statement) {
      if (statements.push(statement) > keptStatements) statements.shift();
    },
  };

  const server = createServer((socket) => {
    if (faults.refuseConnections) return void socket.resetAndDestroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serveSession(socket, host);
  });
  server.listen(options.port ?? 0, address);
  await once(server, 'listening');

  return {
    host: address,
    port: (server.address() as AddressInfo).port,
    certificate: host.certificate.cert,
    faults,
    statements,
    get connections() {
      return sockets.size;
    },
    async stop() {
      faults.clear();
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
