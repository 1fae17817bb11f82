import { describe, expect, it } from '@jest/globals';
import { parseConcurrency } from '../../src/commands/concurrency.js';

describe('command line: --concurrency', () => {
  it('--concurrency: takes one number for all queues, or one for each queue', () => {
    expect(parseConcurrency('10')).toEqual({ pims: 10, mail: 10, accounts: 10 });
    expect(parseConcurrency('pims=10,mail=100')).toEqual({ pims: 10, mail: 100 });
    expect(parseConcurrency(' accounts = 5 ')).toEqual({ accounts: 5 });
  });

  it.each([
    ['0', /"0" is not a whole number above 0/],
    ['many', /"many" is not/],
    ['1e3', /"1e3" is not/],
    ['pims=10,mails=100', /No queue is named "mails". Queues: pims, mail, accounts/],
    ['pims=', /"" is not a whole number/],
    ['pims=1.5', /"1.5" is not/],
    ['pims=1,pims=2', /Queue pims is named twice/],
    ['pims=1=2', /not of the form pims=10/],
    ['10,pims=2', /No queue is named "10"/],
  ])('refuses %s with the reason', (text, why) => {
    expect(() => parseConcurrency(text)).toThrow(why);
  });
});
