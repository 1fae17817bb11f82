import { describe, expect, it } from '@jest/globals';
import { conformanceCases, ConformanceFailure, type Subject } from '../../../src/connectors/conformance/index.js';
import type { Client, Page, ReadOptions } from '../../../src/connectors/index.js';
import { PimsProblem } from '../../../src/connectors/index.js';
import { makeClient, makePet, makeSource, memorySubject, type Source } from './memory.js';

type Break = Parameters<typeof memorySubject>[0];

/** One connector that breaks one rule, the case that must detect it, and the text of that finding. */
interface Broken {
  connector: string;
  subject: () => Subject;
  caughtBy: string;
  saying: RegExp;
}

const broken: Broken[] = [];
function breaks(connector: string, caughtBy: string, saying: RegExp, subject: () => Subject): void {
  broken.push({ connector, subject, caughtBy, saying });
}
const with_ = (breakIt: Break, source?: Source) => () => memorySubject(breakIt, source);

/** Wraps a connector to change its pages. */
const pages = (change: (page: Page, options: ReadOptions, number: number) => Page | null) =>
  with_((connector) => ({
    ...connector,
    async *clients(options) {
      let number = 0;
      for await (const page of connector.clients(options)) {
        const changed = change(page, options, number++);
        if (changed) yield changed;
      }
    },
  }));

/** A source whose third client is invalid. */
function sourceWith(over: Partial<Client>): Source {
  const source = makeSource();
  source.clients[2] = makeClient(3, over);
  return source;
}
const clientWith = (over: Partial<Client>) => () => memorySubject(undefined, sourceWith(over));

const edges = 'loses and repeats no client at page boundaries, for any page size';
breaks(
  'drops a client at a page edge',
  edges,
  /missing/,
  pages((page, { cursor, pageSize }, number) =>
    pageSize < 5 && number === 1 && cursor === null ? { ...page, clients: page.clients.slice(1) } : page,
  ),
);
breaks(
  'repeats a client at a page edge',
  edges,
  /repeated/,
  with_((connector) => {
    let last: Client | undefined;
    return {
      ...connector,
      async *clients(options) {
        for await (const page of connector.clients(options)) {
          const again = options.pageSize === 3 && last && options.cursor === null ? [last] : [];
          yield { ...page, clients: [...again, ...page.clients].slice(0, options.pageSize) };
          last = page.cursor === null ? undefined : page.clients.at(-1);
        }
      },
    };
  }),
);
breaks(
  'returns more clients than a page may hold',
  edges,
  /A page of 1 holds 11/,
  with_((connector) => ({
    ...connector,
    clients: (options) => connector.clients({ ...options, pageSize: 500 }),
  })),
);

const whole = 'reads every client once and ends with a page whose cursor is null';
breaks(
  'returns a client twice',
  whole,
  /Client 1 comes twice/,
  pages((page) => ({ ...page, clients: [...page.clients, page.clients[0]!] })),
);
breaks(
  'forgets the last client',
  whole,
  /10 clients of 11/,
  pages((page) => ({ ...page, clients: page.clients.filter((one) => one.pimsId !== '11') })),
);
breaks(
  'forgets the pets',
  whole,
  /0 pets of 11/,
  pages((page) => ({ ...page, clients: page.clients.map((one) => ({ ...one, pets: [] })) })),
);
breaks(
  'hides unreadable rows',
  whole,
  /0 unreadable of 1/,
  pages((page) => ({ ...page, unreadable: [] })),
);
breaks(
  'never gives a null cursor',
  whole,
  /without a page whose cursor is null/,
  pages((page, _o, number) => ({ ...page, cursor: `c${number}` })),
);
breaks(
  'continues after the null cursor',
  whole,
  /after the page whose cursor is null/,
  with_((connector) => ({
    ...connector,
    async *clients(options) {
      yield* connector.clients(options);
      yield { clients: [], unreadable: [], cursor: null };
    },
  })),
);
breaks(
  'goes in circles',
  edges,
  /in circles/,
  pages((page) => ({ ...page, cursor: page.cursor && 'same' })),
);

breaks(
  'changes its order from read to read',
  'returns the same clients in the same order when read again',
  /differs/,
  with_((connector) => {
    let reads = 0;
    return {
      ...connector,
      async *clients(options) {
        const turn = reads++ % 2 === 1;
        for await (const page of connector.clients(options))
          yield turn ? { ...page, clients: page.clients.toReversed() } : page;
      },
    };
  }),
);
breaks(
  'keeps its position in memory instead of in the cursor',
  'continues from every cursor, also in a new connection and with another page size',
  /after client 3/,
  with_((connector) => ({
    ...connector,
    async *clients(options) {
      yield* connector.clients({ ...options, cursor: null });
    },
  })),
);
breaks(
  'returns objects as cursors',
  'returns cursors that can be stored',
  /not a text/,
  pages((page) => ({
    ...page,
    cursor: page.cursor === null ? null : ({ after: page.cursor } as unknown as string),
  })),
);
breaks(
  'returns a cursor with a NUL',
  'returns cursors that can be stored',
  /control character/,
  pages((page) => ({ ...page, cursor: page.cursor && `${page.cursor}\0` })),
);
breaks(
  'takes an empty source for none at all',
  'reads a source without clients as one last page',
  /without a page whose cursor is null/,
  pages((page) => (page.clients.length === 0 ? null : page)),
);

const shape = 'returns clients and pets of the agreed shape, with no member missing or added';
breaks('omits a member', shape, /Client 3, title/, clientWith({ title: undefined }));
breaks('adds the raw row', shape, /Client 3/, clientWith({ row: { ssn: 1 } } as Partial<Client>));
breaks(
  'returns a number as a name',
  shape,
  /Client 3, pets.0.name/,
  clientWith({ pets: [makePet('1', { name: 5 as unknown as string })] }),
);
breaks(
  'returns a species in the words of the PIMS',
  shape,
  /species: not a mapped species/,
  clientWith({ pets: [makePet('1', { species: 'CANINE' })] }),
);

const clean = 'returns clean text: no padding, control characters or half characters, and null instead of empty text';
breaks('leaves CHAR padding', clean, /client 3 lastName is padded/, clientWith({ lastName: 'Smith   ' }));
breaks('leaves a NUL', clean, /client 3 firstName holds a control character/, clientWith({ firstName: 'An\0n' }));
breaks(
  'reads Windows-1252 as Latin-1',
  clean,
  /client 3 companyName holds a control/,
  clientWith({ companyName: 'Vet \x93West\x94' }),
);
breaks(
  'cuts a character in half',
  clean,
  /client 3 pets.0.name holds half/,
  clientWith({ pets: [makePet('1', { name: '🐶'.slice(0, 1) })] }),
);
breaks('returns empty text', clean, /client 3 title is an empty text/, clientWith({ title: '' }));

const dates = 'returns calendar dates that exist, and null for a zero date';
breaks(
  'returns a time instead of a date',
  dates,
  /client 3 createdOn is not YYYY-MM-DD/,
  clientWith({ createdOn: '2015-06-01T00:00:00Z' }),
);
breaks(
  'returns 31 February',
  dates,
  /client 3 pets.0.bornOn is a day that does not exist/,
  clientWith({ pets: [makePet('1', { bornOn: '2020-02-31' })] }),
);
breaks(
  'takes a zero date for a death',
  dates,
  /client 3 pets.0.diedOn is the zero date/,
  clientWith({ pets: [makePet('1', { diedOn: '1899-12-30' })] }),
);

const unreadable = 'reports only the place and the reason of an unreadable row';
breaks(
  'repeats the unreadable row',
  unreadable,
  /holds text of a row/,
  pages((page) => ({
    ...page,
    unreadable: page.unreadable.map((one) => ({ ...one, reason: 'Cannot read planted-row-text.' })),
  })),
);
breaks(
  'attaches the unreadable row',
  unreadable,
  /unreadable/,
  pages((page) => ({ ...page, unreadable: page.unreadable.map((one) => ({ ...one, row: [1] })) })),
);

breaks(
  'ignores an abort before it begins',
  'reads nothing if aborted before the start',
  /continued after the abort/,
  with_((connector) => ({
    ...connector,
    clients: (options) => connector.clients({ ...options, signal: new AbortController().signal }),
  })),
);
breaks(
  'ignores an abort between pages',
  'ends with the abort reason when aborted between two pages',
  /continued after the abort/,
  with_((connector) => ({
    ...connector,
    clients: (options) => connector.clients({ ...options, signal: new AbortController().signal }),
  })),
);
breaks(
  'keeps waiting for the server after an abort',
  'ends with the abort reason when aborted while the source is silent',
  /another error/,
  with_((connector) => ({
    ...connector,
    clients: (options) => connector.clients({ ...options, signal: new AbortController().signal }),
  })),
);
breaks(
  'replaces the reason of an abort',
  'ends with the abort reason when aborted between two pages',
  /another error/,
  with_((connector) => ({
    ...connector,
    async *clients(options) {
      try {
        yield* connector.clients(options);
      } catch {
        throw new Error('cancelled');
      }
    },
  })),
);
breaks(
  'hangs if the caller leaves a read',
  'releases a read that the caller leaves, and reads again',
  /no answer within/,
  with_((connector) => {
    let busy = false;
    return {
      ...connector,
      async *clients(options) {
        if (busy) await new Promise(() => {});
        busy = true;
        yield* connector.clients(options);
        busy = false;
      },
    };
  }),
);
breaks(
  'cannot be closed twice',
  'closes twice without an error',
  /already closed/,
  with_((connector) => {
    let closed = false;
    return {
      ...connector,
      async close() {
        if (closed) throw new Error('already closed');
        closed = true;
      },
    };
  }),
);

/** The mistake of the IDEXX sample: every error becomes an empty page. */
const swallow: Break = (connector) => ({
  ...connector,
  async *clients(options) {
    try {
      yield* connector.clients(options);
    } catch (error) {
      if (options.signal.aborted) throw error;
      yield { clients: [], unreadable: [], cursor: null };
    }
  },
});
const between = 'reports a connection cut between pages as an error, never as the end';
breaks('swallows an error as an empty page', between, /ended as if complete with 3 of 11/, with_(swallow));
breaks(
  'swallows an error as an empty page, a second time',
  'reports a connection cut in the middle of a page as an error, never as the end',
  /ended as if complete/,
  with_(swallow),
);
breaks(
  'reports a source that is down as empty',
  'reports a source that is down, and reads it once it is back',
  /A source that is down returned pages/,
  with_(swallow),
);
breaks(
  'returns pages for a wrong password',
  'reports a wrong password as pims-login-refused',
  /pages instead of the problem/,
  with_(swallow),
);
breaks(
  'reports a lock as a failure',
  'reports a locked source as busy',
  /Expected code pims-busy, got pims-read-failed/,
  rethrowing(
    (error) => new PimsProblem({ code: 'pims-read-failed', message: 'It failed.', help: 'Try.', cause: error }),
  ),
);
breaks(
  'hangs on a silent source',
  'gives up on a silent source',
  /no answer within/,
  with_((connector, source) => ({
    ...connector,
    async *clients(options) {
      for await (const page of connector.clients(options)) {
        yield page;
        if (source.state === 'stalled') await new Promise(() => {});
      }
    },
  })),
);
breaks(
  'throws what the driver threw',
  between,
  /Expected a PimsProblem/,
  rethrowing(() => new Error('ECONNRESET')),
);
breaks(
  'gives no next step',
  between,
  /has no help/,
  rethrowing(() => new PimsProblem({ code: 'pims-unreachable', message: 'Away.', help: '' })),
);
breaks(
  'leaks a password into an error',
  between,
  /holds a secret/,
  rethrowing(
    () =>
      new PimsProblem({
        code: 'pims-unreachable',
        message: 'No way to memory://me:hunter2-secret@host.',
        help: 'Try.',
      }),
  ),
);
breaks(
  'leaks a password through the cause of an error',
  between,
  /holds a secret/,
  rethrowing(
    () =>
      new PimsProblem({
        code: 'pims-unreachable',
        message: 'Away.',
        help: 'Try.',
        cause: { connection: { pwd: 'hunter2-secret' } },
      }),
  ),
);
breaks(
  'names the wrong column',
  'reports a renamed column as pims-schema-differs',
  /does not name email/,
  rethrowing((error) =>
    (error as PimsProblem).code === 'pims-schema-differs'
      ? new PimsProblem({ code: 'pims-schema-differs', message: 'A column differs.', help: 'Look.' })
      : error,
  ),
);

/** Wraps a connector to change its errors, except abort reasons. */
function rethrowing(change: (error: unknown) => unknown): () => Subject {
  return with_((connector) => ({
    ...connector,
    async check(signal) {
      try {
        return await connector.check(signal);
      } catch (error) {
        throw change(error);
      }
    },
    async *clients(options) {
      try {
        yield* connector.clients(options);
      } catch (error) {
        throw options.signal.aborted ? error : change(error);
      }
    },
  }));
}

const check = 'checks a good installation: findings, no problems, no personal data';
breaks(
  'checks nothing',
  check,
  /no findings/,
  with_((connector) => ({ ...connector, check: async () => ({ findings: [], problems: [] }) })),
);
breaks(
  'shows a client in its check',
  check,
  /email address of a client/,
  with_((connector) => ({
    ...connector,
    check: async () => ({ findings: ['newest client: ann.11@example.com'], problems: [] }),
  })),
);
breaks(
  'shows a client in its discovery',
  check,
  /result of discover\(\) without samples holds an email/,
  with_((connector) => ({
    ...connector,
    discover: async () => ({ proposal: '', evidence: ['email, such as ann.1@example.com'] }),
  })),
);
breaks(
  'logs the clients it reads',
  check,
  /The log holds an email address/,
  with_((connector, _s, _o, context) => ({
    ...connector,
    async *clients(options) {
      for await (const page of connector.clients(options)) {
        context.log('page', { page });
        yield page;
      }
    },
  })),
);

breaks(
  'declares oneClient and cannot find the client',
  'has every member that its capabilities declare',
  /oneClient and client\(\) disagree/,
  with_((connector) => {
    const { client: _client, ...rest } = connector;
    return rest;
  }),
);
breaks(
  'finds a client without its pets',
  'finds one client by PIMS id, equal to the one on its page',
  /differs from its page in pets/,
  with_((connector) => ({
    ...connector,
    client: async (id, signal) => {
      const found = await connector.client!(id, signal);
      return found && { ...found, pets: [] };
    },
  })),
);
breaks(
  'finds a client for any id',
  'returns null for a client that the PIMS does not have',
  /finds a client/,
  with_((connector, source) => ({
    ...connector,
    client: async (id, signal) => (await connector.client!(id, signal)) ?? source.clients[0]!,
  })),
);

breaks(
  'reads everything before its first page',
  'reads a large source in bounded memory',
  /MB of memory/,
  with_((connector) => ({
    ...connector,
    async *clients(options) {
      const all: Page[] = [];
      for await (const page of connector.clients(options))
        all.push({ ...page, clients: structuredClone(page.clients) });
      yield* all;
    },
  })),
);
breaks(
  'marks the rows it has read',
  'leaves the source unchanged',
  /changed while it was read/,
  with_((connector, source) => ({
    ...connector,
    async *clients(options) {
      source.writes++;
      yield* connector.clients(options);
    },
  })),
);
breaks(
  'needs to write',
  'reads the same with a login that cannot write',
  /pims-busy|read-only/,
  with_((connector, _s, settings) => ({
    ...connector,
    async *clients(options) {
      if (settings.source === 'read-only') throw new Error('INSERT denied on a read-only login');
      yield* connector.clients(options);
    },
  })),
);

/** Sends one additional statement with every read. */
const sends = (statement: string) =>
  with_((connector, source) => ({
    ...connector,
    async *clients(options) {
      source.statements.push(statement);
      yield* connector.clients(options);
    },
  }));
const onlyReads = 'sends only statements that read';
breaks(
  'writes to a table of its own',
  onlyReads,
  /may do more than read: INSERT INTO/,
  sends('INSERT INTO pims_sync_state VALUES (1)'),
);
breaks(
  'hides a write behind a read',
  onlyReads,
  /may do more than read: WITH x/,
  sends('WITH x AS (SELECT 1) DELETE FROM client'),
);
const named = 'names every column that it reads, and no forbidden one';
breaks('selects every column', named, /does not name/, sends('SELECT * FROM client'));
breaks('selects every column of one table', named, /does not name/, sends('select TOP (500) c.id, p.* from client c'));
breaks(
  'names a forbidden column',
  named,
  /forbidden column social_security/,
  sends('SELECT c.SOCIAL_SECURITY FROM client c'),
);

const emailFieldBy = (emailField: (settings: { password: string }) => string) => () => {
  const subject = memorySubject();
  const definition = { ...subject.definition, emailField: emailField as Subject['definition']['emailField'] };
  return { ...subject, definition: definition as Subject['definition'] };
};
const inWords = 'names the email field in words that staff can act on';
breaks(
  'calls the email field by its column alone',
  inWords,
  /must continue a sentence/,
  emailFieldBy(() => 'cl_email'),
);
breaks(
  'ends the email field like a sentence',
  inWords,
  /no full stop/,
  emailFieldBy(() => 'the Email field.'),
);
breaks(
  'puts a secret into its email field',
  inWords,
  /holds a secret/,
  emailFieldBy(({ password }) => `the field ${password}`),
);
breaks(
  'was written for another contract',
  'has this contract version, a lower-case name and a summary',
  /contractVersion/,
  () => {
    const subject = memorySubject();
    return { ...subject, definition: { ...subject.definition, contractVersion: 99 } };
  },
);
breaks('refuses a setting without naming it', 'names the path of every wrong setting', /without naming source/, () => {
  const subject = memorySubject();
  const { settings } = subject.definition;
  const pathless = {
    safeParse: (value: unknown) => {
      const parsed = settings.safeParse(value);
      return parsed.success ? parsed : { success: false, error: { issues: [{ path: [], message: 'wrong' }] } };
    },
  };
  return {
    ...subject,
    definition: { ...subject.definition, settings: pathless as unknown as typeof settings },
  };
});

const whose = 'says which clients each unreadable row may belong to, or that it may be any client';
breaks(
  'gives only the place of an unreadable row',
  whose,
  /has no mayBe/,
  pages((page) => ({
    ...page,
    unreadable: page.unreadable.map(({ reason }) => ({ reference: 'contacts, row 20', reason })),
  })),
);
breaks('returns 0 for false', shape, /Client 3, deleted/, clientWith({ deleted: 0 as unknown as boolean }));
breaks('returns the text null as a key', shape, /pimsId: is the text of a value/, clientWith({ pimsId: 'null' }));
breaks('returns a key of 300 characters', shape, /pimsId: is longer than 128/, clientWith({ pimsId: '3'.repeat(300) }));
breaks(
  'returns a pet twice',
  shape,
  /Client 3, pets: hold a pet twice/,
  clientWith({ pets: [makePet('1'), makePet('1')] }),
);

describe('conformance kit: broken connectors', () => {
  for (const { connector, subject, caughtBy, saying } of broken)
    it(`catches a connector that ${connector}`, async () => {
      const found = conformanceCases(subject()).find(({ name }) => name === caughtBy);
      const failure = await found!.run().then(
        () => null,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(Error);
      expect((failure as Error).message).toMatch(saying);
    });

  it('covers every case that a connector can break', () => {
    const unproved = conformanceCases(memorySubject())
      .map(({ name }) => name)
      .filter((name) => !broken.some(({ caughtBy }) => caughtBy === name));
    expect(unproved).toEqual(['accepts its settings']);
  });

  it('conformance kit: distinguishes a broken rule from its own defect', async () => {
    const { subject, caughtBy } = broken[0]!;
    await expect(
      conformanceCases(subject())
        .find(({ name }) => name === caughtBy)!
        .run(),
    ).rejects.toBeInstanceOf(ConformanceFailure);
  });
});
