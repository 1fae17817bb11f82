import { describe, expect, it } from '@jest/globals';
import { answerOf } from '../../src/mailer/ses/ses-answer.js';

const thrown = (name: string, message: string, httpStatusCode?: number) => ({
  name,
  message,
  $metadata: { httpStatusCode },
});

describe('SES transport: answers of SES', () => {
  it.each([
    [thrown('Throttling', 'Maximum sending rate exceeded.', 400), 'throttled'],
    [thrown('ThrottlingException', 'Rate exceeded', 400), 'throttled'],
    [thrown('Throttling', 'Daily message quota exceeded.', 400), 'daily-quota'],
    [
      thrown(
        'MessageRejected',
        'Email address is not verified. The following identities failed the check in region US-EAST-1: a@b.c',
        400,
      ),
      'account',
    ],
    [
      thrown('MessageRejected', 'Sending suspended for this account. For more information, see the console.', 400),
      'account',
    ],
    [thrown('MessageRejected', 'Account is paused.', 400), 'account'],
    [thrown('AccountSendingPausedException', 'Sending paused', 400), 'account'],
    [thrown('InvalidClientTokenId', 'The security token is invalid', 403), 'account'],
    [thrown('CredentialsProviderError', 'Could not load credentials from any providers'), 'account'],
    [thrown('MessageRejected', 'Transaction failed: invalid DKIM key', 400), 'refused'],
    [thrown('InvalidParameterValue', "Missing final '@domain'", 400), 'refused'],
    [thrown('InternalFailure', 'The request processing has failed', 500), 'unknown'],
    [thrown('ServiceUnavailable', 'Service unavailable', 503), 'unknown'],
    [Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'unknown'],
    [Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }), 'unknown'],
    [Object.assign(new Error('too slow'), { name: 'TimeoutError', code: 'ETIMEDOUT' }), 'unknown'],
    [Object.assign(new Error('no connection within 5000 ms'), { name: 'TimeoutError' }), 'unreachable'],
    [Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), 'unreachable'],
    [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' }), 'unreachable'],
    [Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' }), 'unreachable'],
    [
      Object.assign(new Error('Host: localhost. is not in the cert'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
      'unreachable',
    ],
    [Object.assign(new Error('unable to verify'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }), 'unreachable'],
    ['a string', 'unknown'],
  ])('classifies %j', (error, kind) => {
    expect(answerOf(error).kind).toBe(kind);
  });

  it('is certain while the request has not begun', () => {
    expect(answerOf(new Error('Region is missing'), false)).toEqual({
      kind: 'account',
      code: 'Error',
      message: 'Region is missing',
    });
    expect(answerOf(thrown('ServiceUnavailable', 'of the service that gives out keys', 503), false).kind).toBe(
      'account',
    );
  });
});
