// A process that imports a generation and kills itself when a step begins: node die-at.ts STEP DATADIR ROOT XEN KERNEL INITRD.
import { importGeneration } from '../../images/publish.ts'
import { imageName, quiet } from './fake-image.ts'

const [fatal, dataDir = '', root = '', xen = '', vmlinuz = '', initrd = ''] = process.argv.slice(2)
await importGeneration({
  dataDir,
  name: imageName('dom0'),
  files: { 'root.tar': root, xen, vmlinuz, 'initrd.img': initrd },
  rootTar: 'move',
  log: quiet,
  onProgress: (step) => {
    if (step === fatal) process.kill(process.pid, 'SIGKILL')
  },
})
