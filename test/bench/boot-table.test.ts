import test from 'ava'
import { bootTable, cellOf, type RackBoot } from './boot-table.ts'
import type { NodeBoot } from './stages.ts'

const boot = (total: number, ipxe = 1): NodeBoot => ({ node: 'node1', seconds: { ipxe, up: total - ipxe }, total })
const run = (side: RackBoot['side'], nodes: number, ...boots: NodeBoot[]): RackBoot => ({ side, nodes, boots })

test('a cell is the median over the runs of the node that was up last', (t) => {
  const runs = [run('ours', 2, boot(10), boot(20, 3)), run('ours', 2, boot(40, 5), boot(2)), run('ours', 2, boot(26, 4), boot(25))]
  t.is(cellOf(runs, 'ours', 2, 'total'), 26)
  t.is(cellOf(runs, 'ours', 2, 'ipxe'), 4)
  t.is(cellOf(runs, 'ours', 1, 'total'), undefined)
  t.is(cellOf(runs, 'ours', 2, 'firmware'), undefined)
})

test('bootTable has a row a stage that was seen, and ours, peer and ratio for each number of nodes', (t) => {
  const runs = [run('ours', 1, boot(20)), run('peer', 1, boot(50, 4)), run('ours', 2, boot(24)), run('peer', 2, boot(60, 3))]
  const rows = bootTable(runs, [1, 2]).split('\n')
  t.regex(rows[1] ?? '', /│ ours\/1 │ peer\/1 │ ratio │ ours\/2 │ peer\/2 │ ratio │/)
  t.regex(rows[3] ?? '', /│ ipxe +│ +1\.0 s │ +4\.0 s │ +4\.00 │ +1\.0 s │ +3\.0 s │ +3\.00 │/)
  t.regex(rows[4] ?? '', /│ up +│ +19\.0 s │ +46\.0 s │ +2\.42 │ +23\.0 s │ +57\.0 s │ +2\.48 │/)
  t.regex(rows[5] ?? '', /│ power-on to up │ +20\.0 s │ +50\.0 s │ +2\.50 │ +24\.0 s │ +60\.0 s │ +2\.50 │/)
  t.is(rows.length, 7)
})

test('bootTable of one side has no ratios', (t) => {
  const text = bootTable([run('peer', 1, boot(50))], [1])
  t.notRegex(text, /ratio|ours/)
  t.regex(text, /│ power-on to up │ +50\.0 s │/)
})
