import type { Body, Field } from '../core/index.js';
import { alertDescriptions, alertLevels } from '../labels/tls.js';

/** The fields of an alert, which TLS and DTLS have under names of their own. */
export interface AlertFields {
  readonly alert_message: Field;
  readonly 'alert_message.level': Field;
  readonly 'alert_message.desc': Field;
}

/** An alert of `length` octets (RFC 8446, section 6; the same in DTLS). */
export function readAlert(body: Body, field: AlertFields, encrypted: boolean, length: number): void {
  body.group(
    field.alert_message,
    () => {
      if (encrypted) {
        body.describe('Encrypted Alert');
        return;
      }
      const level = body.number(field['alert_message.level']);
      const description = body.number(field['alert_message.desc']);
      const what = alertDescriptions[description] ?? `Unknown (${description})`;
      body.describe(`Alert (Level: ${alertLevels[level] ?? `Unknown (${level})`}, Description: ${what})`);
    },
    length,
  );
}
