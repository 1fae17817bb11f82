import { PimsProblem } from '../errors.js';

export function wrongCursor(): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: 'The cursor is not one that this connector gave for this mapping.',
    help: 'Start this sync again from the beginning; the key column or its type was changed.',
  });
}

export function lostRows(what: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `The database driver gave fewer ${what} than the PIMS says there are.`,
    help: 'Nothing was changed. Try another version of the ODBC driver, and look for its option that turns its own paging or result cache off.',
  });
}

export function outOfOrder(): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: 'The PIMS gave client keys twice or out of order.',
    help: "The mapping's key must be unique, of the `keyType` it names, and no join may give more than one row for a client.",
  });
}

export function wrongKeys(keyType: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `The key column holds values that are no ${keyType}.`,
    help: 'Set `clients.keyType` of the mapping to what the key column holds: integer, guid or text.',
  });
}

export function ambiguous(id: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `Several clients have the number ${id}.`,
    help: 'Name the client by its key in the PIMS instead.',
  });
}

export function unreadableClient(key: string, reason: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `Client ${key} cannot be read: ${reason}.`,
    help: 'Correct the row in the PIMS, then sync this client again.',
  });
}
