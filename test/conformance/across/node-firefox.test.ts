import { describeAcross } from './pair.ts'

describeAcross('node', 'firefox')
