/**
 * A pims-sync connector for OpenVPMS, the open source practice software on MySQL or MariaDB. It is an ordinary package
 * that uses only the public exports of pims-sync, so you can copy it to start another one.
 */
import { defineConnector } from 'pims-sync/connector';
import { z } from 'zod';
import { check } from './check.js';
import { connect } from './connection.js';
import { readClient, readPage } from './read.js';

const settings = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(1).max(65535).default(3306),
  database: z.string().min(1).default('openvpms'),
  user: z.string().min(1),
  password: z.string(),
  tls: z.boolean().default(false),
  /** Limit in seconds for one query, or the wait for a lock. */
  timeoutSeconds: z.number().positive().default(30),
  /** Maps species codes of this practice to our words; overrides the ones in client.js. */
  species: z.record(z.string(), z.string()).default({}),
});

/** @typedef {z.output<typeof settings>} Settings */

export default defineConnector({
  name: 'openvpms',
  summary: 'OpenVPMS, on its MySQL or MariaDB database',
  label: 'OpenVPMS',
  settings,
  emailField: () => 'the Email contact of the customer in OpenVPMS',
  server: ({ host, port }) => `${host}:${port}`.toLowerCase(),

  async open(settings) {
    /** Open sessions, which close() ends. @type {Set<import('./connection.js').Session>} */
    const sessions = new Set();

    /**
     * Runs `work` on a new connection and closes it, also after an error.
     * @template T
     * @param {AbortSignal} signal
     * @param {(session: import('./connection.js').Session) => Promise<T>} work
     */
    async function connected(signal, work) {
      const session = await connect(settings, signal, sessions);
      try {
        return await work(session);
      } finally {
        session.close();
      }
    }

    return {
      capabilities: { oneClient: true },

      check: (signal) => check(settings, connected, signal),

      async *clients({ cursor, pageSize, signal }) {
        const session = await connect(settings, signal, sessions);
        try {
          let after = cursor;
          do {
            const page = await readPage(session, settings, after, pageSize);
            yield page;
            after = page.cursor;
          } while (after !== null);
        } finally {
          session.close();
        }
      },

      client: (id, signal) => connected(signal, (session) => readClient(session, settings, id)),

      async close() {
        for (const session of sessions) session.close();
      },
    };
  },
});
