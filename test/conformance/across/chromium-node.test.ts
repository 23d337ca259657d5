import { describeAcross } from './pair.ts'

describeAcross('chromium', 'node')
