// What a process exposes to Prometheus, and what an expression asks of it: as much of PromQL as our alerts and dashboard use.

export interface Exposed {
  /** By the name of a metric, as the TYPE line has it. */
  readonly types: ReadonlyMap<string, string>
  readonly helped: ReadonlySet<string>
  /** Of each series its labels. */
  readonly samples: readonly { readonly name: string; readonly labels: ReadonlyMap<string, string> }[]
}

export function exposedBy(text: string): Exposed {
  const types = new Map<string, string>()
  const helped = new Set<string>()
  const samples: { name: string; labels: Map<string, string> }[] = []
  for (const line of text.split('\n')) {
    const [, what, metric = '', rest = ''] = /^# (TYPE|HELP) (\S+) (.*)$/.exec(line) ?? []
    if (what === 'TYPE') types.set(metric, rest)
    else if (what === 'HELP') helped.add(metric)
    const [, name, labels = ''] = /^([a-z_]+)(?:\{(.*)\})? \S+$/.exec(line) ?? []
    if (name !== undefined)
      samples.push({ name, labels: new Map([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value])) })
  }
  return { types, helped, samples }
}

const WORDS = /^(sum|max|by|rate|increase|changes|histogram_quantile|le|job|instance|[smh])$/
/** Every target has these. */
const TARGETS = new Set(['job', 'instance'])

/** What an expression asks that nobody tells, a sentence each. */
export function unknownIn(expression: string, exposed: readonly Exposed[]): readonly string[] {
  const selectors = [...expression.matchAll(/\b(hostless_\w+|process_\w+|up)\b(?:\{([^}]*)\})?/g)]
  const labelsOf = new Set(selectors.flatMap(([, name = '']) => [...labelsTold(name, exposed)]))
  const rest = selectors.reduce((text, [whole]) => text.replace(whole, ' '), expression)
  const words = [...rest.matchAll(/[A-Za-z_]\w*/g)].map(([word]) => word)
  return [
    ...(selectors.length === 0 ? [`${expression}: asks for nothing`] : []),
    ...words
      .filter((word) => !WORDS.test(word) && !labelsOf.has(word))
      .map((word) => `${word}: neither a label of it nor a word that is known here`),
    ...selectors.flatMap(([, name = '', matchers = '']) => (name === 'up' ? [] : unknownOf(name, matchers, exposed))),
  ]
}

function unknownOf(name: string, matchers: string, exposed: readonly Exposed[]): readonly string[] {
  if (!exposed.some(({ types }) => isTold(name, types))) return [`${name}: nobody exposes it`]
  const samples = exposed.flatMap((one) => one.samples.filter((sample) => sample.name === name))
  return [...matchers.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].flatMap(([, label = '', how, value = '']) => {
    if (TARGETS.has(label)) return []
    const values = samples.flatMap(({ labels }) => labels.get(label) ?? [])
    if (values.length === 0) return [`${name}: has no label ${label}`]
    return how === '=' && !values.includes(value) ? [`${name}: its ${label} is never ${value}`] : []
  })
}

function isTold(name: string, types: ReadonlyMap<string, string>): boolean {
  const series = /_(bucket|count|sum)$/.exec(name)
  return series ? types.get(name.slice(0, series.index)) === 'histogram' : (types.get(name) ?? 'histogram') !== 'histogram'
}

function labelsTold(name: string, exposed: readonly Exposed[]): ReadonlySet<string> {
  return new Set(exposed.flatMap(({ samples }) => samples.flatMap((sample) => (sample.name === name ? [...sample.labels.keys()] : []))))
}
