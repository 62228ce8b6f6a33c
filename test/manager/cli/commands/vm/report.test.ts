import test from 'ava'
import { vmReport, vmsReport } from '../../../../../manager/cli/commands/vm/report.ts'
import { render } from '../../../../../manager/cli/engine/output/output.ts'
import type { VmAddress } from '../../../../../manager/contract/vms.ts'
import { fakeGuest } from '../../../doors/web/fake-guests.ts'

const at = (address: string, how: VmAddress['how'] = 'seen'): VmAddress => ({
  ...{ address, how, mac: '00:16:3e:00:00:01', since: 1_790_000_000_000, last: 1_790_000_300_000 },
})
const look = { columns: 80, colour: false, unicode: true } as const

test('the list has the first address of each guest, and how many more, in 80 columns', (t) => {
  const guests = [
    fakeGuest(1, { addresses: [at('10.77.120.105'), at('10.77.120.106'), at('2001:db8::5')] }),
    fakeGuest(2, { addresses: [] }),
    fakeGuest(3),
    fakeGuest(4, { addresses: [at('10.77.120.108')], clashes: ['web5 uses its address 10.77.120.108 on network lan, too'] }),
  ]
  const { domid: _, ...stopped } = fakeGuest(6, { state: 'stopped' })
  const table = render(vmsReport([...guests, stopped]), 'table', look)
  t.regex(table, /ADDRESS/)
  t.regex(table, /web1 +running.*10\.77\.120\.105 \+2$/m)
  t.notRegex(table, /web2 .*unknown/)
  t.regex(table, /web3 .*unknown/, 'its host does not tell')
  t.notRegex(table, /web6 .*unknown/)
  t.true(table.replace(/\s+/g, ' ').includes('web5 uses'))
  for (const line of table.split('\n').filter((one) => !one.startsWith('('))) t.true([...line].length <= 80, line)
  const [row] = JSON.parse(render(vmsReport(guests), 'json', look))
  t.deepEqual(row.addresses, ['10.77.120.105', '10.77.120.106', '2001:db8::5'])
})

test('one guest is shown with each address and by what it is known, or why none is', (t) => {
  const shown = (changed: Parameters<typeof fakeGuest>[1]) => render(vmReport(fakeGuest(1, changed)), 'table', { ...look, columns: 120 })
  t.regex(shown({ addresses: [at('10.0.0.5', 'both'), at('2001:db8::5', 'told')] }), /10\.0\.0\.5 +told and seen/)
  t.regex(shown({ addresses: [] }), /None was told by its tools or seen/)
  t.regex(shown({}), /Not known: its host does not tell/)
})
