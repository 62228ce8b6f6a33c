import test from 'ava'
import { dueKind, planOnce } from '../../../appliance/boot/once.ts'
import { onceScript } from '../../../appliance/boot/script.ts'
import { ONCE_KINDS } from '../../../manager/protocol/once.ts'
import { golden, neverEnds } from './golden.ts'
import { IDENTITY, mac, request, templates } from './plans.ts'

const FILL = templates()
const { server } = request()
const NODE = { mac: mac('52:54:00:77:00:01'), host: { name: 'node01', maintenance: false }, server }

const order = (change: object = {}) => ({ id: 'o'.repeat(16), what: 'local', until: 1000, ...change })

test('an order is due until its end, if this hostless knows what it is of', (t) => {
  t.is(dueKind(undefined, 0), undefined)
  t.is(dueKind(order(), 999), 'local')
  t.is(dueKind(order(), 1000), undefined)
  t.is(dueKind(order({ what: 'toString' }), 0), undefined)
})

test('what is ordered is planned, in maintenance too; of one that is rejected nothing is, and memtest86+ only where it is', (t) => {
  for (const what of ONCE_KINDS) {
    const hasMemtest = what === 'memtest'
    t.like(planOnce({ ...NODE, what, hasMemtest }), { kind: 'once', what, name: 'node01' })
    t.like(planOnce({ ...NODE, host: { ...NODE.host, maintenance: true }, what, hasMemtest }), { kind: 'once', what })
    t.like(planOnce({ ...NODE, host: { ...NODE.host, standing: 'rejected' }, what, hasMemtest }), { kind: 'refused' })
    t.like(planOnce({ ...NODE, host: undefined, what, hasMemtest }), { kind: 'once', name: 'host-525400770001' })
  }
  const refused = planOnce({ ...NODE, what: 'memtest', hasMemtest: false })
  t.regex(refused.kind === 'refused' ? refused.reason : '', /apt-get install memtest86\+ there, or .* node01 --once none$/)
})

test('the scripts are the golden ones, and what does not start comes back to ask: only UEFI’s way to the local disk ends', (t) => {
  for (const what of ONCE_KINDS) {
    const text = onceScript(FILL, { kind: 'once', what, name: 'node01', mac: NODE.mac, server }, IDENTITY.attempt)
    golden(t, `once-${what}.ipxe`, text)
    t.is(/^exit 1$/m.test(text), what === 'local')
    t.is(/^shell \|\|$/m.test(text), what === 'shell')
    neverEnds(t, text.replace(/^exit 1$/m, 'goto again').replace(/^shell \|\|$/m, ''))
    t.notRegex(text, new RegExp(IDENTITY.token))
  }
})

test('a hostile name of a host does nothing in them', (t) => {
  const name = `x || shell\n\${net0/mac} # ; exit & '"`
  const text = onceScript(FILL, { kind: 'once', what: 'local', name, mac: NODE.mac, server }, IDENTITY.attempt)
  const tame = onceScript(FILL, { kind: 'once', what: 'local', name: 'x', mac: NODE.mac, server }, IDENTITY.attempt)
  t.is(text.split('\n').length, tame.split('\n').length)
  const said = text.split('\n').filter((line) => line.includes('net0/mac'))
  t.is(said.length, 2)
  for (const line of said) t.notRegex(line.slice(1), /[${}#;&|'"]/)
})
