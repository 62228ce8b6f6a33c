import test from 'ava'
import type { Ran } from '../../../../images/agent/backend.ts'
import { collect } from '../../../../images/agent/collect.ts'
import { uncountedOf, unreadOf } from '../../../../manager/protocol/unread.ts'
import { ended, fixture, textBackend } from '../machines.ts'

const DOM0_ONLY = fixture('xl-list-l-dom0-only.json')
const ZOMBIE = fixture('xl-list-v-zombie-and-guest-without-config.txt')
const PAUSED = { v: fixture('xl-list-v-4.20-paused.txt'), l: fixture('xl-list-l-4.20-paused.json') }

async function read(v: string | Ran, l: string | Ran) {
  const { sections, problems } = await collect(textBackend({ commands: { 'xl list -v': v, 'xl list -l': l } }), ['guests'])
  return { guests: sections.guests ?? [], problems, reported: { problems } }
}

test('a zombie and a domain without configuration stand in the section with what is known', async (t) => {
  const { guests, problems, reported } = await read(ZOMBIE, DOM0_ONLY)
  t.deepEqual(
    guests.map(({ domid, name, state, vcpus, memoryBytes, configured, disks }) => [
      ...[domid, name, state, vcpus, memoryBytes, configured, disks.length],
    ]),
    [
      [18, '(null)', 'dying', 2, 0, false, 0],
      [19, 'db01', 'running', 4, 8192 * 2 ** 20, false, 0],
    ],
  )
  t.is(problems.length, 2)
  t.deepEqual(uncountedOf(reported, ['guests']), [], 'every one of them is known')
  t.is(unreadOf(reported, ['guests']).length, 2, 'what they have is not')
})

test('where configurations cannot be read the guests stand with what the hypervisor says, and their disks are not known', async (t) => {
  for (const l of [
    { kind: 'stopped', stdout: '', reason: 'stopped after 20 s' } as const,
    ended('', 1, 'failed'),
    '',
    PAUSED.l.slice(0, 500),
  ]) {
    const { guests, reported } = await read(PAUSED.v, l)
    t.deepEqual(
      guests.map(({ name, state, configured }) => [name, state, configured]),
      [['web 01', 'paused', false]],
    )
    t.deepEqual(uncountedOf(reported, ['guests']), [])
    t.true(unreadOf(reported, ['guests']).length > 0)
  }
})

test('where the hypervisor cannot be asked, there may be more guests than are configured', async (t) => {
  const silent = { kind: 'stopped', stdout: PAUSED.v.split('\n').slice(0, 2).join('\n'), reason: 'stopped after 20 s' } as const
  for (const v of [silent, '', ended('', 1, 'no'), PAUSED.v.split('\n')[0] ?? '', PAUSED.v.replace('--p---', '??')]) {
    const { guests, reported } = await read(v, PAUSED.l)
    t.is(guests[0]?.state, 'unknown')
    t.true(uncountedOf(reported, ['guests']).length > 0, String(v))
  }
})

test('a domain whose configuration is odd stands with what the hypervisor says of it', async (t) => {
  const { guests, reported } = await read(
    PAUSED.v,
    PAUSED.l.replace('"name": "web 01"', '"name": null').replace('"name":"web 01"', '"name":null'),
  )
  t.deepEqual(
    guests.map(({ name, configured }) => [name, configured]),
    [['web 01', false]],
  )
  t.deepEqual(uncountedOf(reported, ['guests']), [])
  t.true(unreadOf(reported, ['guests']).length > 0)
})

test('a disk that lies on something odd is none of an empty drive: it is missing, and that is told', async (t) => {
  const odd = JSON.parse(PAUSED.l) as { readonly config: { disks?: unknown } }[]
  for (const pdev_path of [17, '\u202e/dev/sda', `/dev/${'x'.repeat(600)}`]) {
    for (const { config } of odd)
      config.disks = [
        { vdev: 'xvda', pdev_path, readwrite: 1 },
        { vdev: 'xvdb', pdev_path: null },
      ]
    const { guests, reported } = await read(PAUSED.v, JSON.stringify(odd))
    t.deepEqual(
      guests[0]?.disks.map(({ vdev, target }) => [vdev, target]),
      [['xvdb', '']],
    )
    t.true(unreadOf(reported, ['guests']).length > 0)
  }
})

test('an odd MAC, bridge or vif of a guest costs that, and nothing of its disks', async (t) => {
  const odd = JSON.parse(PAUSED.l) as { readonly config: { disks?: unknown; nics?: unknown } }[]
  for (const { config } of odd) {
    config.nics = [
      { devid: 0, mac: '', bridge: 'xenbr0' },
      { mac: '00:16:3e:00:00:01', bridge: '\u001b' },
    ]
    config.disks = [{ vdev: 'xvda', pdev_path: '/dev/sda', readwrite: 1 }]
  }
  const { guests, reported } = await read(PAUSED.v, JSON.stringify(odd))
  t.is(guests[0]?.disks.length, 1)
  t.deepEqual(
    guests[0]?.nics.map(({ mac, bridge }) => [mac as string | undefined, bridge]),
    [
      [undefined, 'xenbr0'],
      ['00:16:3e:00:00:01', undefined],
    ],
  )
  t.deepEqual(unreadOf(reported, ['guests']), [])
})
