import test from 'ava'
import { createCommand, hostsMeant, newGuestView, specOf, whereView } from '../../../../../../manager/doors/web/views/guests/new.ts'
import { IMAGES } from '../../../../fake-vm-images.ts'
import { idOf } from '../../fake-hosts.ts'
import { fakePool } from '../../fake-pool.ts'

const form = (text: string) => new URLSearchParams(text)
const FULL =
  'name=web1&image=debian13&memory=1G&vcpus=2&disk-size=8G&disk-vg=data&disk-size=1T&disk-vg=slow%2Fthin&disk-size=&disk-vg=' +
  '&nic=lan&nic=&nic=dmz&on=node01,%40rack3&restart=always&power=off&groups=web%2C+front&notes=it%27s+mine%0D%0Atwo'

test('a form is a spec: what is empty is left out, the image is the first disk’s', (t) => {
  t.deepEqual(specOf(form(FULL)), {
    ...{ name: 'web1', memory: '1G', vcpus: 2 },
    disks: [
      { size: '8G', pool: 'data', image: 'debian13' },
      { size: '1T', pool: 'slow', thinPool: 'thin' },
    ],
    nics: [{ network: 'lan' }, { network: 'dmz' }],
    ...{ restart: 'always', groups: ['web', 'front'], notes: "it's mine\ntwo" },
  })
  t.deepEqual(specOf(form('name=&memory=&disk-size=8G&disk-vg=')), { name: '', memory: '', disks: [{ size: '8G', pool: '' }], nics: [] })
})

test('it boots by a kernel of the store, with its line, and has the CPU level that is said', (t) => {
  const asked = form('name=web1&memory=1G&kernel=debian&cmdline=root%3D%2Fdev%2Fxvda+ro&cpu=host')
  t.like(specOf(asked), { boot: { kernel: 'debian', cmdline: 'root=/dev/xvda ro' }, cpu: 'host' })
  t.is(createCommand(asked), "hostless vm create web1 --memory 1G --kernel debian --cmdline 'root=/dev/xvda ro' --cpu host")
  t.deepEqual(specOf(form('kernel=&cmdline=&cpu=pool')), { name: '', memory: '', disks: [], nics: [], cpu: 'pool' })
  t.like(specOf(form('kernel=&cmdline=quiet')), { boot: { kernel: '', cmdline: 'quiet' } }, 'refused, and not dropped')
  const images = [
    { ...IMAGES[0], kind: 'disk', name: 'root' },
    { ...IMAGES[0], kind: 'kernel', name: 'debian' },
    { ...IMAGES[0], kind: 'kernel', name: 'gone', present: false },
  ] as typeof IMAGES
  const view = newGuestView({ images, networks: [], vgs: [], hosts: [] })
  t.deepEqual([view.images.map(({ name }) => name), view.kernels.map(({ name }) => name)], [['root'], ['debian']])
})

test('hosts that may take it are a selector of the command line; one that means nothing says so', (t) => {
  const hosts = fakePool(4).hosts()
  t.deepEqual(hostsMeant(form('on='), hosts), {})
  t.deepEqual(hostsMeant(form('on=node000[2-3],-node0003'), hosts), { hosts: [idOf(1)] })
  t.regex(JSON.stringify(hostsMeant(form('on=nod0002'), hosts)), /Hosts that may take it: .*did you mean node0002/)
  t.regex(JSON.stringify(hostsMeant(form('on=node0001,-node0001'), hosts)), /leaves no host/)
})

test('the command that does the same is one that a shell takes as it is', (t) => {
  t.is(
    createCommand(form(FULL)),
    "hostless vm create web1 --image debian13 --memory 1G --vcpus 2 --disk 8G@data --disk 1T@slow/thin --nic lan --nic dmz --restart always --group web --group front --notes 'it'\\''s mine\ntwo' --on node01,@rack3 --stopped",
  )
  t.is(createCommand(form('name=&memory=512M')), 'hostless vm create NAME --memory 512M')
})

test('hosts of which the same is said are one line, and the best comes first', (t) => {
  const refused = ['b', 'c'].map((name) => ({ host: name, name, reasons: ['it has no VG data', 'its memory is short'] }))
  const view = whereView(
    {
      fits: [
        { host: 'a', name: 'node01' },
        { host: 'd', name: 'node04' },
      ],
      refused,
    },
    'x',
  )
  t.is(view.said, 'node01 would take it; so could 1 other host.')
  t.deepEqual(
    view.refused.map(({ said, hosts }) => [said, hosts.map(({ name }) => name)]),
    [['it has no VG data; its memory is short', ['b', 'c']]],
  )
  t.is(whereView({ fits: [], refused }, 'x').said, 'No host can take it.')
})
