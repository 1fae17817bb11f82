import { isPlain, merge, type Mapping } from '../mapping.js';

type Part = Record<string, unknown>;

/** A mapping as people write it: what it does not know is left out, and a phone of one column is its name. */
export function written({ clients, ...rest }: Mapping): Part {
  const phones = Object.entries(clients.phones).map(([name, phone]) => [
    name,
    phone && phone.area === null && phone.label === null ? phone.number : phone,
  ]);
  return withoutNulls({ ...rest, clients: { ...clients, phones: Object.fromEntries(phones) as Part } });
}

function withoutNulls(part: Part): Part {
  return Object.fromEntries(
    Object.entries(part)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, isPlain(value) ? withoutNulls(value) : value]),
  );
}

/** What an installation lays over the connector's own mapping so that it becomes another; null takes away. */
export function difference(usual: Part, wanted: Part): Part {
  const over: Part = {};
  for (const name of new Set([...Object.keys(usual), ...Object.keys(wanted)])) {
    const [from, to] = [usual[name], wanted[name]];
    if (isPlain(from) && isPlain(to)) {
      const inner = difference(from, to);
      if (Object.keys(inner).length > 0) over[name] = inner;
    } else if (JSON.stringify(from) !== JSON.stringify(to)) {
      const added = isPlain(to) ? pruned(to) : (to ?? null);
      if (!isPlain(added) || Object.keys(added).length > 0) over[name] = added;
    }
  }
  return over;
}

/** The whole of a mapping that can be pasted, too: what the connector's own has and this one has not is null in it. */
export const whole = (wanted: Part, over: Part): Part => merge(pruned(wanted), over) as Part;

function pruned(part: Part): Part {
  return Object.fromEntries(
    Object.entries(part)
      .map(([name, value]) => [name, isPlain(value) ? pruned(value) : value] as const)
      .filter(([, value]) => !isPlain(value) || Object.keys(value).length > 0),
  );
}
