import test from 'ava'
import { ganeshaConfig, ganeshaRootWord, ganeshaUrl } from './ganesha.ts'

test('ganesha exports the folder read-only over NFSv3, without squashing root', (t) => {
  const config = ganeshaConfig('/lab/root')
  for (const line of ['Path = "/lab/root";', 'Access_Type = RO;', 'Squash = No_Root_Squash;', 'FSAL { Name = VFS; }', 'MNT_Port = 20048;'])
    t.true(config.includes(line), line)
  t.is(config.split('{').length, config.split('}').length)
})

test('the initramfs makes of the root word a mount with both ports: the kernel takes the last of an option that comes twice', (t) => {
  const [, port = '', path] = ganeshaRootWord().replace('hl.root=', '').split(':')
  const options = `port=${port},mountport=${port}`.split(',').map((option) => option.split('='))
  t.deepEqual(Object.fromEntries(options), { port: '2049', mountport: '20048' })
  t.is(path, '/dom0')
})

test('libnfs is told both ports', (t) => {
  t.is(ganeshaUrl('10.77.0.1'), 'nfs://10.77.0.1/dom0?version=3&nfsport=2049&mountport=20048')
})
