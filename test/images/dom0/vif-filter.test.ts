// What a NIC that is held to its MAC can send, by a real bridge of this kernel and the hook that dom0's vif-bridge runs.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { FILTER_SCRIPT, SCRIPTS } from '../../../images/agent/guests/xl-config.ts'
import { bindCommand } from '../../../images/agent/streams/announce.ts'
import { canHaveNamespaces, type Namespace, namespaceFor, trial } from '../agent/addresses/namespace.ts'

const ROOT = new URL('../../../images/dom0/root/', import.meta.url).pathname.replace('/.compiled/', '/')
const HOOK = join(ROOT, SCRIPTS, 'vif-post.d/hostless.hook')
const [OWN, OTHER, ALL] = ['00:16:3e:00:00:07', '00:16:3e:00:00:08', 'ff:ff:ff:ff:ff:ff']
const inNamespace = canHaveNamespaces ? test : test.skip

/** A bridge with a vif and an uplink, whose other end is `world`. */
async function bridged(t: Parameters<typeof namespaceFor>[0]): Promise<Namespace> {
  const namespace = namespaceFor(t, 'sh', '-c', 'echo ready; exec sleep 60')
  await new Promise<void>((resolve) => namespace.child.stdout.once('data', () => resolve()))
  const { within } = namespace
  within('ip', 'link', 'add', 'br0', 'type', 'bridge')
  within('ip', 'link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'world')
  for (const port of ['vif7.0', 'up0']) within('ip', 'link', 'set', port, 'master', 'br0')
  for (const port of ['br0', 'up0', 'world']) within('ip', 'link', 'set', port, 'up')
  return namespace
}

/** As vif-bridge sources it; `filter`: whether vif-hostless has run it. */
function runHook({ within }: Namespace, filter: 'mac' | ''): void {
  const given = `command=online dev=vif7.0 XENBUS_PATH=/vif; do_or_die() { "$@" || exit 9; }; xenstore_read() { [ "$1" = /vif/mac ] && echo ${OWN}; }`
  within('bash', '-c', `set -e; ${given}; HOSTLESS_FILTER=${filter}; . ${HOOK}`)
}

inNamespace('a NIC without a filter sends what it likes; one that is held to its MAC sends nothing from another', async (t) => {
  const namespace = await bridged(t)
  const { send, heard } = namespace
  const last = trial(OWN, ALL, 'own')
  const both = () => send('guest7', trial(OTHER, ALL, 'spoofed'), last)
  runHook(namespace, '')
  t.deepEqual(await heard('world', last, both), ['spoofed', 'own'])
  // It comes anew, as at a guest's start: what the bridge has learned at it is forgotten.
  for (const master of [['nomaster'], ['master', 'br0']]) namespace.within('ip', 'link', 'set', 'vif7.0', ...master)
  runHook(namespace, 'mac')
  t.deepEqual(await heard('world', last, both), ['own'])
})

inNamespace('nobody outside draws the MAC of a NIC that is held to it to himself', async (t) => {
  const namespace = await bridged(t)
  const { send, heard } = namespace
  runHook(namespace, 'mac')
  send('world', trial(OWN, ALL, 'stolen'))
  const last = trial(OTHER, OWN, 'for it')
  t.deepEqual(await heard('guest7', last, () => send('world', last)), ['for it'])
  const own = trial(OWN, ALL, 'own')
  t.deepEqual(await heard('world', own, () => send('guest7', own)), ['own'])
})

inNamespace('a bridge that has heard a guest from elsewhere sends it nothing, until it is told that the guest is here', async (t) => {
  const { send, heard, within } = await bridged(t)
  const [mark, silent] = [trial(OTHER, ALL, 'to all'), trial(OTHER, OWN, 'for it')]
  send('world', trial(OWN, ALL, 'from there'))
  t.deepEqual(await heard('guest7', mark, () => send('world', silent, mark)), ['to all'])
  within(...bindCommand(OWN, 'vif7.0'))
  t.deepEqual(await heard('guest7', mark, () => send('world', silent, mark)), ['for it', 'to all'])
  // It follows the guest when that moves on.
  send('world', trial(OWN, ALL, 'from there'))
  t.deepEqual(await heard('guest7', mark, () => send('world', silent, mark)), ['to all'])
})

test('the script that xl is told of runs vif-bridge, whose hooks are where ours is', async (t) => {
  const text = await readFile(join(ROOT, SCRIPTS, FILTER_SCRIPT), 'utf8')
  t.regex(text, /^export HOSTLESS_FILTER=mac\nexec \/etc\/xen\/scripts\/vif-bridge "\$@"$/m)
  t.regex(
    await readFile(join(ROOT, '../customize.sh'), 'utf8'),
    /^chmod 755 .*-hostless .*vif-post\.d\/hostless\.hook$/m,
    'a hook runs only where it may',
  )
})
