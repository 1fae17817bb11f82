/**
 * What became of one hand-over. All but `accepted` and `unknown` prove that SES does not have the email.
 *
 * - `throttled`, `daily-quota`: again later; the first one slower
 * - `unreachable`: nothing was sent, again later
 * - `refused`: this email will never be taken as it is
 * - `account`: no email will be taken until a person changes something
 * - `unknown`: SES may or may not have it; never sent again by guess
 */
export type Answer =
  | { kind: 'accepted'; messageId: string }
  | {
      kind: 'throttled' | 'daily-quota' | 'unreachable' | 'refused' | 'account' | 'unknown';
      code: string;
      message: string;
    };

/** SES answers with these before it looks at the email; the account, its keys or its clock are at fault. */
const accountCodes = new Set([
  'AccountSendingPausedException',
  'ConfigurationSetSendingPausedException',
  'ConfigurationSetDoesNotExist',
  'ConfigurationSetDoesNotExistException',
  'MailFromDomainNotVerifiedException',
  'AccessDenied',
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** Errors of looking up and connecting: not one byte of the request left. */
const neverConnected = new Set(['getaddrinfo', 'connect']);

/**
 * Names of what makes OpenSSL, or Node after it, distrust a certificate (Node.js documentation, "X509 certificate error
 * codes"): the line is closed before the request is written to it.
 */
const distrusted =
  /^(CERT_|CRL_|ERR_TLS_CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|INVALID_CA$|INVALID_PURPOSE$|HOSTNAME_MISMATCH$|PATH_LENGTH_EXCEEDED$|ERROR_IN_CERT_)/;

interface Thrown {
  name?: string;
  code?: string;
  syscall?: string;
  message?: string;
  /** Of the single tries, where a name has several addresses. */
  errors?: Thrown[];
  $metadata?: { httpStatusCode?: number };
}

/**
 * Sorts what the SDK threw. SES has no idempotency key, so all that does not prove a refusal is `unknown`: a cut
 * connection, a timeout, and every 5xx too, since SES says only that "the request processing has failed".
 *
 * @param begun whether the request was given to the connection. Before that SES cannot have the email, and what went wrong
 *   is the network's, or ours: no region, no keys, a role that may not be taken
 */
export function answerOf(thrown: unknown, begun = true): Answer {
  const error = thrown as Thrown;
  const code = error.name ?? 'Error';
  const message = error.message ?? '';
  const status = error.$metadata?.httpStatusCode;
  const answer = (kind: Exclude<Answer['kind'], 'accepted'>): Answer => ({
    kind,
    code: code === 'Error' || code === 'AggregateError' ? (error.code ?? code) : code,
    message: message.slice(0, 500),
  });

  if (/^(Throttling|ThrottlingException|TooManyRequestsException|LimitExceeded)/.test(code)) {
    // Both limits carry one code; only the sentence tells them apart (SES developer guide, "quota errors").
    return answer(/daily/i.test(message) ? 'daily-quota' : 'throttled');
  }
  if (accountCodes.has(code)) return answer('account');
  if (code === 'MessageRejected' && (isNotVerified(message) || isOfTheWholeAccount(message))) return answer('account');
  if (isUnreached(error)) return answer('unreachable');
  if (!begun) return answer('account');
  if (status !== undefined && status >= 400 && status < 500) return answer('refused');
  return answer('unknown');
}

/** "Email address is not verified. The following identities failed the check in region ..." */
const isNotVerified = (message: string): boolean => /not verified/i.test(message);

/**
 * SES says so with words that change ("Account is paused", "Sending suspended for this account"), so that the one word
 * decides (SES developer guide, "Amazon SES email sending errors"; SES API reference, "SendRawEmail").
 */
export function isOfTheWholeAccount(message: string): boolean {
  return /\b(paused|suspended)\b/i.test(message);
}

/** The connection never came about, so that nothing was written to it. */
function isUnreached(error: Thrown): boolean {
  const { name, code, message = '', errors } = error;
  // A name with several addresses: each was tried.
  if (errors && errors.length > 0) return errors.every(isUnreached);
  if (neverConnected.has(error.syscall ?? '') || distrusted.test(code ?? '')) return true;
  if (/before secure TLS connection was established/.test(message)) return true;
  // The SDK's own timers: only the one for connecting carries no system code.
  return name === 'TimeoutError' && code === undefined;
}
