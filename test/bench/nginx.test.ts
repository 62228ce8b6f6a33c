import test from 'ava'
import { nginxConfig } from './nginx.ts'

test('nginx serves the folder on the rack’s address alone and keeps all of its own files in the lab', (t) => {
  const config = nginxConfig('10.77.0.1', '/lab/run', '/lab/files')
  t.regex(config, /listen 10\.77\.0\.1:80; root \/lab\/files;/)
  for (const key of ['pid', 'error_log', 'access_log']) t.regex(config, new RegExp(`\\b${key} /lab/run/`))
  t.regex(config, /daemon off;/)
})
