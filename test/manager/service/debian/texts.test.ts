import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { changelog, maintainerScripts, otherFiles, serviceFiles, TEXTS, type Texts } from '../../../../manager/service/debian/texts.ts'
import { PACKAGED } from '../../../../manager/service/packaged.ts'
import { sysusers, unitOf } from '../../../../manager/service/units.ts'
import { dataDirFor } from '../../site.ts'

const FOLDER = new URL('../../../../templates/debian/', import.meta.url)
const texts = Object.fromEntries(TEXTS.map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')])) as Texts

test('the units of the package are those that install writes for where the package puts things', (t) => {
  const files = new Map(serviceFiles().map(({ path, content }) => [path, content]))
  t.is(files.get('/usr/lib/systemd/system/hostless-manager.service'), unitOf('hostless-manager', PACKAGED))
  t.is(files.get('/usr/lib/systemd/system/hostless-appliance.service'), unitOf('hostless-appliance', PACKAGED))
  t.is(files.get('/usr/lib/sysusers.d/hostless.conf'), sysusers(['hostless-manager', 'hostless-appliance']))
  t.is(files.size, 3)
})

test('maintainer scripts are sh without a hole left, ask nothing, and start only what ran', async (t) => {
  const scripts = maintainerScripts(texts)
  t.deepEqual(
    scripts.map(({ path }) => path),
    ['DEBIAN/postinst', 'DEBIAN/prerm', 'DEBIAN/postrm'],
  )
  const folder = await dataDirFor(t)
  for (const { path, content, mode } of scripts) {
    t.is(mode, 0o755)
    t.notRegex(content, /\{\{|undefined|debconf|^\s*read [^-]/m)
    t.deepEqual(content.match(/(systemctl|deb-systemd-invoke) (--\S+ )?(start|restart|enable)\b/g), null)
    const file = join(folder, path.slice('DEBIAN/'.length))
    await writeFile(file, content)
    const { exitCode, stderr } = await execa('sh', ['-n', file], { reject: false })
    t.is(exitCode, 0, stderr)
  }
})

test('the manual page shows what --help says, whatever begins a line of it', (t) => {
  const { manual, copyright } = otherFiles(texts, { version: '1.0', help: "Usage: hostless\n.\\n 'x'\n'y' --all", licence: 'MIT\n\nFree' })
  t.true(manual.content.includes("Usage: hostless\n\\&.\\en 'x'\n\\&'y' \\-\\-all\n.fi"))
  t.true(copyright.content.includes('License: Expat\n MIT\n .\n Free\n'))
})

test('the changelog has the version and the time of what is in it', (t) => {
  t.regex(changelog('1.2', 1_700_000_000), /^hostless \(1\.2\) unstable; .*\n -- .*> {2}Tue, 14 Nov 2023 22:13:20 \+0000\n$/s)
})
