export { AccountRemoval } from './accounts/account-removal.service.js';
export { AdminModule } from './admin.module.js';
export { SandboxService } from './sandbox/sandbox.service.js';
