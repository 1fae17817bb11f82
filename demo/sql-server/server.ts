import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { DateTime } from 'luxon';
import type { Host, LoggedStatement, TdsUser } from './admission.js';
import { makeCertificate } from './certificate.js';
import { createFaults } from './faults.js';
import type { Faults } from './faults.js';
import { serveSession } from './session.js';
import { readCatalog } from './sql/catalog.js';
import type { Catalog } from './sql/catalog.js';
import type { Encryption } from './wire/prelogin.js';

export interface TdsOptions {
  /** The MariaDB server that holds the data: `mysql://user:password@host:port/...`; the database in the URL is ignored. */
  mysqlUrl: string;
  /** Database name that clients use -> MariaDB database behind it. */
  databases: Record<string, string>;
  users: TdsUser[];
  /** `offered` (the default) accepts clients with and without TLS; `not-supported` refuses TLS. */
  encryption?: Encryption;
  host?: string;
  /** Port; 0, the default, picks a free one. */
  port?: number;
  clock?: () => Date;
  /** Time zone of the server, for GETDATE(); IANA name, UTC by default. */
  timeZone?: string;
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
 * translates plain T-SQL (only SELECT and SET) to a read-only MariaDB database and refuses what SQL Server refuses.
 * It is not a SQL Server: it refuses unknown syntax with error 102 and says that it is the stand-in.
 */
export async function startTds(options: TdsOptions): Promise<Tds> {
  const address = options.host ?? '127.0.0.1';
  const clock = options.clock ?? (() => new Date());
  const faults = createFaults();
  const statements: LoggedStatement[] = [];
  const catalogs = new Map<string, Promise<Catalog>>();
  const sockets = new Set<Socket>();
  let sessions = 50;

  const host: Host = {
    mysqlUrl: options.mysqlUrl,
    databases: options.databases,
    users: options.users,
    encryption: options.encryption ?? 'offered',
    certificate: await makeCertificate(address),
    faults,
    clock: () => {
      const now = clock();
      return { now, offset: DateTime.fromJSDate(now, { zone: options.timeZone ?? 'utc' }).offset };
    },
    catalogOf(database, backing, fresh) {
      const known = catalogs.get(database);
      if (known !== undefined && !fresh) return known;
      const read = readCatalog((sql) => backing.ask(sql));
      catalogs.set(database, read);
      read.catch(() => catalogs.delete(database));
      return read;
    },
    note(statement) {
      if (statements.push(statement) > keptStatements) statements.shift();
    },
  };

  const server = createServer((socket) => {
    if (faults.refuseConnections) return void socket.resetAndDestroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serveSession(socket, host, ++sessions);
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
