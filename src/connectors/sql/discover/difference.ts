import { isPlain, merge, type Mapping } from '../mapping.js';

type Part = Record<string, unknown>;

/** Converts a mapping to the form that people write: no nulls, and a phone of one column is just its name. */
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

/** Computes the override that turns the connector's own mapping into the wanted one; null removes a part. */
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

/** Returns the complete mapping to paste. Parts of the connector's own mapping that it lacks are null. */
export const whole = (wanted: Part, over: Part): Part => merge(pruned(wanted), over) as Part;

function pruned(part: Part): Part {
  return Object.fromEntries(
    Object.entries(part)
      .map(([name, value]) => [name, isPlain(value) ? pruned(value) : value] as const)
      .filter(([, value]) => !isPlain(value) || Object.keys(value).length > 0),
  );
}
