import test from 'ava'
import { portmapProgram } from '../../../../appliance/nfs-server-lite/portmap2/program.ts'
import { Asker } from '../caller.ts'
import { encodeCall, MOUNT, NFS, PORTMAP, u32 } from '../wire.ts'

const mappings = [
  { prog: NFS, vers: 3, prot: 6, port: 2049 },
  { prog: MOUNT, vers: 3, prot: 6, port: 2049 },
  { prog: PORTMAP, vers: 2, prot: 17, port: 111 },
]
const asker = new Asker([], { programs: [portmapProgram(mappings)] })
const getport = async (...mapping: number[]) => (await asker.result(PORTMAP, 3, u32(...mapping), 2)).u32('port')

test('GETPORT tells where NFS and MOUNT are over TCP', async (t) => {
  t.is(await getport(NFS, 3, 6, 0), 2049)
  t.is(await getport(MOUNT, 3, 6, 999), 2049)
})

test('GETPORT of anything else is 0', async (t) => {
  t.is(await getport(NFS, 3, 17, 0), 0)
  t.is(await getport(NFS, 4, 6, 0), 0)
  t.is(await getport(100227, 3, 6, 0), 0)
})

test('DUMP lists all mappings', async (t) => {
  const result = await asker.result(PORTMAP, 4, Buffer.alloc(0), 2)
  const listed = []
  while (result.u32('follows') === 1)
    listed.push({ prog: result.u32('prog'), vers: result.u32('vers'), prot: result.u32('prot'), port: result.u32('port') })
  result.end('pmaplist')
  t.deepEqual(listed, mappings)
})

test('SET and UNSET answer FALSE and change nothing', async (t) => {
  for (const proc of [1, 2]) t.is((await asker.result(PORTMAP, proc, u32(NFS, 3, 6, 666), 2)).u32('bool'), 0)
  t.is(await getport(NFS, 3, 6, 0), 2049)
})

test('CALLIT, the amplifier, is PROC_UNAVAIL', async (t) => {
  t.is((await asker.ask(PORTMAP, 5, encodeCall({ prog: NFS, vers: 3, proc: 0 }), 2)).stat, 'PROC_UNAVAIL')
})
