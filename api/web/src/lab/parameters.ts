/** A demo's parameters, from their JSON Schema. It imports no component, so that it can be tested without a browser. */

export interface Parameter {
  readonly name: string;
  /** In words; '' where the schema says nothing. */
  readonly about: string;
  readonly kind: 'text' | 'number' | 'switch' | 'choice' | 'json';
  readonly standard: unknown;
  readonly choices: readonly string[];
  readonly least?: number;
  readonly most?: number;
  /** Whether a number has no decimals. */
  readonly whole: boolean;
  /** Characters of a text at most. */
  readonly longest?: number;
  /** Whether it may be left empty: it has no default then, or that is its default. */
  readonly optional: boolean;
}

type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;
const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;

function kindOf({ type, enum: choices }: Schema): Parameter['kind'] {
  if (Array.isArray(choices)) return 'choice';
  if (type === 'boolean') return 'switch';
  if (type === 'integer' || type === 'number') return 'number';
  return type === 'string' || type === undefined ? 'text' : 'json';
}

/** @param schema as `GET /api/lab` has it for a demo */
export function parametersOf(schema: Schema): Parameter[] {
  const { properties } = schema;
  if (!isSchema(properties)) return [];
  return Object.entries(properties)
    .filter((entry): entry is [string, Schema] => isSchema(entry[1]))
    .map(([name, one]) => {
      const least = numberOf(one['minimum']);
      const most = numberOf(one['maximum']);
      const longest = numberOf(one['maxLength']);
      return {
        name,
        about: typeof one['description'] === 'string' ? one['description'] : '',
        kind: kindOf(one),
        standard: one['default'],
        choices: Array.isArray(one['enum']) ? one['enum'].map(String) : [],
        whole: one['type'] === 'integer',
        optional: one['default'] === undefined || one['default'] === '',
        ...(least === undefined ? {} : { least }),
        ...(most === undefined ? {} : { most }),
        ...(longest === undefined ? {} : { longest }),
      };
    });
}

/** What a form's fields say. What is left empty is left out, so that the service's default holds. */
export function valuesOf(
  parameters: readonly Parameter[],
  form: { get(name: string): unknown },
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, kind } of parameters) {
    const given = form.get(name);
    if (kind === 'switch') values[name] = given !== null;
    else if (typeof given === 'string' && given !== '') values[name] = read(kind, given);
  }
  return values;
}

function read(kind: Parameter['kind'], given: string): unknown {
  if (kind === 'number') return Number(given);
  if (kind !== 'json') return given;
  try {
    return JSON.parse(given);
  } catch {
    return given; // the service says in words what it should have been
  }
}

/** `serverName` → `Server name` */
export function titleOf(name: string): string {
  const spaced = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.slice(0, 1).toUpperCase() + spaced.slice(1);
}
