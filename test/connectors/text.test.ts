import { describe, expect, it } from '@jest/globals';
import { cleanText, decodeBytes, isDamaged } from '../../src/connectors/text.js';
import { isDoubleEncoded } from '../../src/lib/double-encoded.js';

describe('connectors: text of a PIMS', () => {
  it.each([
    ['Rex', 'Rex'],
    ['Rex       ', 'Rex'],
    ['Rex\0\0\0', 'Rex'],
    ['\0\0', null],
    ['   ', null],
    ['', null],
    ['O\u0092Neill', 'O’Neill'],
    ['\u0080 and \u0081', '€ and'],
    ['Jose\u0301', 'José'],
    ['李雷', '李雷'],
    ['Mary Ann', 'Mary Ann'],
  ])('reads %j as %j', (raw, clean) => {
    expect(cleanText(raw)).toBe(clean);
  });

  it('decodes valid UTF-8 as UTF-8, and other bytes as Windows-1252', () => {
    expect(decodeBytes(Buffer.from('José', 'utf8'))).toBe('José');
    expect(decodeBytes(Buffer.from([0x4a, 0x6f, 0x73, 0xe9, 0x92]))).toBe('José’');
  });

  it('distinguishes lost letters from misread ones', () => {
    expect(isDamaged('Jos\ufffd')).toBe(true);
    expect(isDamaged('José')).toBe(false);
    expect(isDoubleEncoded('JosÃ©')).toBe(true);
    expect(isDoubleEncoded('Itâ€™s')).toBe(true);
    expect(isDoubleEncoded('Ângela São José')).toBe(false);
  });
});
