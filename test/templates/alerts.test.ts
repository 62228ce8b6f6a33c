// Alert rules and dashboard as Prometheus itself takes them: promtool reads each rule and each expression, and is shown for each alert what
// must make it fire, when, in which words, and what must not.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { stringify } from 'yaml'
import { CASES, type Case } from './alert-cases.ts'
import { ALERTS_TEXT, PANELS, RULES, type Rule } from './monitoring-files.ts'

/** Every so many minutes it is looked whether what must not fire does. */
const LOOK = 5
const LAST = 60

/** What it says, and whether it is content. Rejects where there is no promtool: nothing here is left out for want of it. */
async function promtool(t: ExecutionContext, files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'hl-promtool-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const { exitCode, all, code } = await execa('promtool', args, { cwd: folder, all: true, reject: false, stdin: 'ignore' })
  if (code === 'ENOENT') throw new Error('there is no promtool: apt-get install prometheus (test/setup.sh test does, and starts nothing)')
  return { isContent: exitCode === 0, said: all }
}

const check = (t: ExecutionContext, rules: string) => promtool(t, { 'rules.yaml': rules }, 'check', 'rules', 'rules.yaml')

const testOf = (t: ExecutionContext, rules: string, tests: readonly object[]) =>
  promtool(
    t,
    { 'rules.yaml': rules, 'test.yaml': stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests }) },
    ...['test', 'rules', 'test.yaml'],
  )

/** With the labels of what fires in it, as its summary has them: no more of the language of templates is in a description. */
function described({ annotations }: Rule, labels: Readonly<Record<string, string>>): string {
  return annotations.description.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? '')
}

const read = (series: Readonly<Record<string, string>>) => Object.entries(series).map(([name, values]) => ({ series: name, values }))
const none = (alertname: string, minute: number) => ({ eval_time: `${minute}m`, alertname, exp_alerts: [] })

function testsOf(rule: Rule, { fires, at, notYet, labels, summary, quiet }: Case): readonly object[] {
  const { alert } = rule
  const told = {
    exp_labels: { ...rule.labels, ...labels },
    exp_annotations: { summary, description: described(rule, labels) },
  }
  const minutes = Array.from({ length: LAST / LOOK + 1 }, (_, index) => index * LOOK)
  return [
    {
      name: `${alert} fires`,
      interval: '1m',
      input_series: read(fires),
      alert_rule_test: [
        ...(notYet === undefined ? [] : [none(alert, notYet)]),
        { eval_time: `${at}m`, alertname: alert, exp_alerts: [told] },
      ],
    },
    ...quiet.map((series, index) => ({
      name: `${alert} does not fire, ${index + 1}`,
      interval: '1m',
      input_series: read(series),
      alert_rule_test: minutes.map((minute) => none(alert, minute)),
    })),
  ]
}

test('each alert has its cases, and each case its alert', (t) => {
  t.deepEqual(Object.keys(CASES).toSorted(), RULES.map(({ alert }) => alert).toSorted())
})

test('promtool takes every rule', async (t) => {
  const { isContent, said } = await check(t, ALERTS_TEXT)
  t.true(isContent, said)
  t.true(said?.includes(`${RULES.length} rules found`), said)
})

test('promtool takes every expression of the dashboard', async (t) => {
  const expressions = PANELS.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  const rules = (list: readonly string[]) =>
    stringify({ groups: [{ name: 'dashboard', rules: list.map((expr, index) => ({ record: `panel:${index}`, expr })) }] })
  t.true(expressions.length > 20)
  const { isContent, said } = await check(t, rules(expressions))
  t.true(isContent, said)
  const broken = await check(t, rules([...expressions, 'sum by (state) hostless_hosts)']))
  t.false(broken.isContent, 'an expression that is none')
})

for (const rule of RULES) {
  test(`${rule.alert} fires when it must, in these words, and not before or for less`, async (t) => {
    const { isContent, said } = await testOf(t, ALERTS_TEXT, testsOf(rule, CASES[rule.alert] as Case))
    t.true(isContent, said)
  })
}

test('a rule that is never true, or always, or in other words is found out by its cases', async (t) => {
  const rule = RULES.find(({ alert }) => alert === 'HostlessHostsLost') as Rule
  const tests = testsOf(rule, CASES[rule.alert] as Case)
  for (const [what, changed] of [
    ['another label', ALERTS_TEXT.replace('presence="lost",service="in"', 'presence="gone",service="in"')],
    ['no service', ALERTS_TEXT.replace('presence="lost",service="in"', 'presence="lost"')],
    ['another summary', ALERTS_TEXT.replace('Hosts in service that are lost', 'Lost')],
    ['at once', ALERTS_TEXT.replace(/(service="in"\} > 0\n\s+for: )5m/, '$10m')],
  ] as const) {
    t.not(changed, ALERTS_TEXT, what)
    t.false((await testOf(t, changed, tests)).isContent, what)
  }
})
