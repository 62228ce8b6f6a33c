// Inputs of an operation made of its schema, with a secret wherever one can stand.
import fc from 'fast-check'
import { z } from 'zod'

const SECRET = /password|secret|code|key$/i
/** Of what is no secret though it is called so: what alarms and things are called by. */
const NO_SECRETS = new Set(['key'])
const MARK = 'SECRET'

const schema = z.looseObject({
  type: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minItems: z.number().optional(),
  anyOf: z.array(z.unknown()).optional(),
})

const described = (input: z.ZodType) => z.toJSONSchema(input, { io: 'input' })

/** Names of members that are secrets, however deep. */
export function secretsOf(input: z.ZodType): readonly string[] {
  const walk = (node: unknown): string[] => {
    const { properties = {}, items, anyOf = [] } = schema.parse(node)
    const own = Object.keys(properties).filter(isSecret)
    return [...own, ...[...Object.values(properties), items, ...anyOf].flatMap((inner) => (inner === undefined ? [] : walk(inner)))]
  }
  return walk(described(input))
}

/** Each with one secret at least. */
export function secretInputs(input: z.ZodType): fc.Arbitrary<{ readonly input: unknown; readonly secrets: readonly string[] }> {
  return arbitraryOf(described(input))
    .map((given) => ({ input: given, secrets: marked(given) }))
    .filter(({ secrets }) => secrets.length > 0)
}

function isSecret(name: string): boolean {
  return SECRET.test(name) && !NO_SECRETS.has(name)
}

function arbitraryOf(node: unknown): fc.Arbitrary<unknown> {
  const {
    type,
    const: constant,
    enum: values,
    pattern,
    properties = {},
    required = [],
    items,
    minimum,
    maximum,
    minItems = 0,
    anyOf,
  } = schema.parse(node)
  if (constant !== undefined) return fc.constant(constant)
  if (values) return fc.constantFrom(...values)
  if (anyOf) return fc.oneof(...anyOf.map(arbitraryOf))
  switch (type) {
    case 'object': {
      const members = Object.entries(properties).map(([name, inner]) => [name, isSecret(name) ? secret() : arbitraryOf(inner)] as const)
      return fc.record(Object.fromEntries(members), { requiredKeys: required.filter((name) => name in properties) })
    }
    case 'array':
      return fc.array(arbitraryOf(items), { minLength: minItems, maxLength: 3 })
    case 'null':
      return fc.constant(null)
    case 'integer':
      return fc.integer({ min: minimum ?? 0, max: Math.min(maximum ?? 1000, 2 ** 31 - 1) })
    case 'string':
      return pattern === undefined ? fc.string({ minLength: 1, maxLength: 20 }) : fc.stringMatching(new RegExp(pattern))
    default:
      throw new Error(`no value is known for ${JSON.stringify(node)}`)
  }
}

/** Long and unlike all else, so that it is in a sentence only if it was put there. */
function secret(): fc.Arbitrary<string> {
  return fc.stringMatching(/^[a-z0-9]{16,32}$/).map((text) => `${MARK}${text}`)
}

function marked(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith(MARK) ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(marked) : []
}
