import { z } from 'zod';
import { defineConnector, PimsProblem } from '../../../src/connectors/index.js';
import type { Client, Connector, ConnectorContext, Page, Pet, ReadOptions } from '../../../src/connectors/index.js';
import type { Subject } from '../../../src/connectors/conformance/index.js';

const settingsSchema = z.strictObject({
  source: z.string(),
  password: z.string().min(1),
  rows: z.number().int().optional(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** A source in memory that counts statements and can fail like a server. */
export interface Source {
  clients: Client[];
  unreadable: Page['unreadable'];
  state: 'well' | 'cut' | 'locked' | 'stalled';
  writes: number;
  statements: string[];
}

export function makePet(id: string, over: Partial<Pet> = {}): Pet {
  return {
    pimsId: id,
    name: 'Rex',
    species: 'dog',
    speciesRaw: 'Canine',
    breed: null,
    sex: 'male',
    neutered: true,
    sexRaw: 'MN',
    bornOn: '2019-02-28',
    diedOn: null,
    status: 'active',
    statusRaw: null,
    share: null,
    primaryOwner: true,
    ...over,
  };
}

export function makeClient(number: number, over: Partial<Client> = {}): Client {
  return {
    pimsId: String(number),
    displayId: `C${number}`,
    siteId: null,
    title: null,
    firstName: 'Ann',
    lastName: `Smith ${number}`,
    spouseFirstName: null,
    spouseLastName: null,
    companyName: null,
    emails: [`ann.${number}@example.com`],
    phones: [{ label: 'home', number: '555-0100' }],
    inactive: false,
    deleted: false,
    optOut: null,
    classification: null,
    unknownStatus: null,
    createdOn: '2015-06-01',
    lastVisitOn: null,
    pets: [makePet(`${number}-1`)],
    ...over,
  };
}

export function makeSource(count = 11): Source {
  return {
    clients: Array.from({ length: count }, (_, i) => makeClient(i + 1)),
    unreadable: [{ reference: '99', reason: 'The last name is not text.', mayBe: ['99'] }],
    state: 'well',
    writes: 0,
    statements: [],
  };
}

/** A connector that keeps every rule; the tests break copies of it, one rule each. */
function openMemory(source: Source, settings: Settings, _context?: ConnectorContext): Connector {
  const problem = (code: PimsProblem['code'], message: string, missing?: string): PimsProblem =>
    new PimsProblem({ code, message, help: 'Look at the memory.', ...(missing ? { missing } : {}) });

  const query = async (statement: string, signal: AbortSignal): Promise<void> => {
    source.statements.push(statement);
    signal.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    if (settings.password === 'wrong') throw problem('pims-login-refused', 'The memory refuses this login.');
    if (settings.source === 'renamed') throw problem('pims-schema-differs', 'The column email is missing.', 'email');
    if (source.state === 'cut') throw problem('pims-unreachable', 'The memory is down.');
    if (source.state === 'locked') throw problem('pims-busy', 'The memory is locked.');
    if (source.state === 'stalled') await silence(signal);
  };

  /** Gives no answer: only the abort or our own short timeout ends it. */
  const silence = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      const timer = setTimeout(() => reject(problem('pims-read-failed', 'No answer in time.')), 100);
      signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason as Error)), {
        once: true,
      });
    });

  async function* clients({ cursor, pageSize, signal }: ReadOptions): AsyncGenerator<Page> {
    const all = settings.source === 'empty' ? [] : source.clients;
    const count = settings.rows ?? all.length;
    let at = cursor === null ? 0 : all.findIndex((one) => one.pimsId === cursor) + 1;
    for (;;) {
      await query('SELECT c.id, c.name FROM client c WHERE c.id > ? ORDER BY c.id', signal);
      const size = Math.min(pageSize, count - at);
      const page = Array.from({ length: size }, (_, i) => (settings.rows ? makeClient(at + i + 1) : all[at + i]!));
      at += size;
      const last = at >= count;
      yield {
        clients: page,
        unreadable: last && settings.source !== 'empty' ? source.unreadable : [],
        cursor: last ? null : page.at(-1)!.pimsId,
      };
      if (last) return;
    }
  }

  return {
    capabilities: { oneClient: true },
    clients,
    async check(signal) {
      await query('SELECT 1', signal);
      return { findings: [`${source.clients.length} clients.`], problems: [] };
    },
    async client(id, signal) {
      await query('SELECT c.id, c.name FROM client c WHERE c.id = ?', signal);
      return source.clients.find((one) => one.pimsId === id) ?? null;
    },
    close: async () => {},
  };
}

/** Makes a subject on the memory source with every hook; `breakIt` turns the good connector into a broken one. */
export function memorySubject(
  breakIt: (connector: Connector, source: Source, settings: Settings, context: ConnectorContext) => Connector = (
    connector,
  ) => connector,
  source: Source = makeSource(),
): Subject {
  const good = { source: 'memory', password: 'hunter2-secret' };
  return {
    definition: defineConnector<Settings>({
      name: 'memory',
      summary: 'Clients in memory, used to test the conformance kit.',
      settings: settingsSchema,
      emailField: ({ source }) => `the email field of ${source}`,
      open: async (settings, context) => breakIt(openMemory(source, settings, context), source, settings, context),
    }),
    settings: good,
    expected: {
      clients: source.clients.length,
      pets: source.clients.flatMap((one) => one.pets).length,
      unreadable: source.unreadable.length,
      capabilities: { oneClient: true },
    },
    canaries: ['planted-row-text'],
    hangAfterMs: 1500,
    empty: { ...good, source: 'empty' },
    large: { settings: { ...good, rows: 60_000 }, clients: 60_000, limitMb: 15 },
    readOnly: { ...good, source: 'read-only' },
    refusals: [
      { name: 'a wrong password', settings: { ...good, password: 'wrong' }, code: 'pims-login-refused' },
      {
        name: 'a renamed column',
        settings: { ...good, source: 'renamed' },
        code: 'pims-schema-differs',
        missing: 'email',
      },
    ],
    faults: {
      cut: faultOf(source, 'cut'),
      lock: faultOf(source, 'locked'),
      stall: faultOf(source, 'stalled'),
    },
    statements: () => source.statements,
    forbiddenColumns: ['social_security'],
    fingerprint: async () => `${JSON.stringify(source.clients)} ${source.writes}`,
  };
}

const faultOf = (source: Source, state: Source['state']) => ({
  begin: () => void (source.state = state),
  end: () => void (source.state = 'well'),
});
