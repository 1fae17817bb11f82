import type { SesRefusal } from './refusal.js';

const namespace = 'http://ses.amazonaws.com/doc/2010-12-01/';

/** Builds the XML of a successful call. `inner` must be XML already; build it with `element`. */
export function resultXml(action: string, requestId: string, inner: string): string {
  return (
    `<${action}Response xmlns="${namespace}"><${action}Result>${inner}</${action}Result>` +
    `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`
  );
}

/** Builds the XML of an error; 5xx is the service's fault, every other status the sender's. */
export function errorXml(refusal: SesRefusal, requestId: string): string {
  const type = refusal.status >= 500 ? 'Receiver' : 'Sender';
  const error = element('Type', type) + element('Code', refusal.code) + element('Message', refusal.message);
  return `<ErrorResponse xmlns="${namespace}"><Error>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}

/** Builds one element with escaped text. */
export function element(name: string, text: string | number | boolean): string {
  return `<${name}>${escaped(String(text))}</${name}>`;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  // Control characters are illegal in XML 1.0 even when escaped.
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/[&<>"']/g, (sign) => entities[sign]!);
}
