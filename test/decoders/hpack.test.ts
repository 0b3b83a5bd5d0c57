/** HPACK against the examples of RFC 7541, appendix C, and its Huffman code against the sum that every complete code has. */
import { describe, expect, test } from '@jest/globals';
import { type HpackTable, newTable, readField } from '../../decoders/protocols/hpack.js';
import { huffmanDecode } from '../../decoders/protocols/hpack-tables.js';

function view(hex: string): DataView {
  return new DataView(Uint8Array.from(Buffer.from(hex.replace(/\s+/g, ''), 'hex')).buffer);
}

function fields(table: HpackTable, hex: string): string[] {
  const block = view(hex);
  const out: string[] = [];
  for (let at = 0; at < block.byteLength; ) {
    const field = readField(table, block, at, block.byteLength);
    if (field === undefined) throw new Error(`no field at ${at}`);
    out.push(`${field.name}: ${field.value}`);
    at = field.end;
  }
  return out;
}

describe('RFC 7541, appendix C', () => {
  test('C.3 and C.4: requests, plain and with Huffman codes, one after the other', () => {
    const requests = [
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
    ];
    for (const [first, second, third] of requests) {
      const table = newTable();
      const common = (scheme: string, path: string) => [
        ':method: GET',
        `:scheme: ${scheme}`,
        `:path: ${path}`,
        ':authority: www.example.com',
      ];
      expect(fields(table, first)).toEqual(common('http', '/'));
      expect(fields(table, second)).toEqual([...common('http', '/'), 'cache-control: no-cache']);
      expect(fields(table, third)).toEqual([...common('https', '/index.html'), 'custom-key: custom-value']);
      expect([table.entries.length, table.size]).toEqual([3, 164]);
    }
  });

  test('C.6: responses, with a table that must forget', () => {
    const table = newTable();
    table.limit = 256;
    const first = fields(
      table,
      '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
    );
    expect(first).toEqual([
      ':status: 302',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:21 GMT',
      'location: https://www.example.com',
    ]);
    expect(fields(table, '4883 640e ffc1 c0bf')[0]).toBe(':status: 307');
    expect([table.entries.length, table.size]).toEqual([4, 222]);
  });
});

describe('what is wrong', () => {
  test('an index of nothing, and a string that is cut, are no fields', () => {
    expect(readField(newTable(), view('80'), 0, 1)).toBeUndefined();
    expect(readField(newTable(), view('4105 6162'), 0, 4)).toBeUndefined();
    expect(readField(newTable(), view('ffffffffffffff'), 0, 7)).toBeUndefined();
  });

  test('padding that is no padding is no string', () => {
    expect(huffmanDecode(view('00'), 0, 1)).toBeUndefined();
    expect(huffmanDecode(view('ffffffff'), 0, 4)).toBeUndefined();
  });

  test('entries that were never seen have no name', () => {
    expect(readField(newTable(), view('be'), 0, 1)).toMatchObject({ index: 62, name: undefined });
  });
});
