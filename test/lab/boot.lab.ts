// Two empty servers become Xen hosts: by `hostless appliance` alone.
import test from 'ava'
import { openTestbed, type Testbed } from './testbed.ts'
import { stat } from 'node:fs/promises'

let bed: Testbed

test.before(async () => {
  bed = await openTestbed({ nodes: [{}, {}], command: 'appliance' })
})

test.after.always(async () => {
  await bed?.close()
})

test.serial('two nodes with empty disks come up at once', async (t) => {
  const boots = await bed.boot('node1', 'node2')
  t.log(JSON.stringify(boots, null, 1))
  for (const node of bed.rack.nodes) for (const disk of node.plan.disks) t.log(await stat(disk.file))
  for (const cmd of ['xl info', 'xl list', 'free -m', 'ss -ltnp', 'ss -lunp', 'dmesg --level=emerg,alert,crit,err,warn', 'cat /proc/self/mountinfo', 'find /run/hostless/writes/upper','ps ax -o pid,args | grep -v "\\["', 'which find stat sha256sum xargs'])
  t.log(cmd, (await bed.node('node1').ssh(['sh', '-c', cmd])).stdout)
})
