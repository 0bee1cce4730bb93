// Package emulator is AWS Lambda on loopback: its control plane and Invoke calls, its runtime API in front of real
// bootstrap processes, as much of IAM and STS as a deployment calls, and an S3 server (ServeS3). The unmodified AWS SDK and
// the aws command line talk to it; only the endpoints differ.
//
// # Calls
//
// Lambda: CreateFunction, GetFunction, GetFunctionConfiguration, ListFunctions, UpdateFunctionCode,
// UpdateFunctionConfiguration, DeleteFunction, Put-, Get- and DeleteFunctionConcurrency, GetAccountSettings, Invoke
// (RequestResponse, Event, DryRun, log tail) and InvokeWithResponseStream. IAM: CreateRole, GetRole, UpdateAssumeRolePolicy,
// DeleteRole, TagRole, and Put-, Get-, List- and Delete- of a role's inline and Attach-, Detach-, List- of its managed
// policies, and users with inline policies and access keys (Create-, Get- and DeleteUser, Put-, Get-, List- and Delete-UserPolicy,
// Create-, List- and DeleteAccessKey). STS: GetCallerIdentity. All others answer 404 or InvalidAction. Every request must carry a
// valid SigV4 signature.
//
// # Rights
//
// The account's own key may do all. A user's may do what the inline policies say, in both servers if Config.Identities and
// S3Config.Identities are the same file; S3 heeds its buckets' policies besides, for others than the account itself. With that
// file a function signs with a key of its role, without a session token, and may do what the role's inline policies say, or all
// if AdministratorAccess is attached; what other managed policies hold is not known here. A function whose role is not here may do all.
//
// With Config.Ahead and S3Config.Ahead the services' clocks differ from this machine's, and requests are refused as theirs would be.
// Rules of a bucket's lifecycle are kept and given back; nothing expires by them.
//
// Functions are zips, sent with the call or named in Config.S3, for the runtimes provided.*: their bootstrap is run on this machine's
// processor. An image's code is a root on this machine, ImageUri file:// and the path of a folder, or of a tar of one (docker export):
// /var/task/bootstrap is started in it, unless ImageConfig says another. There is one version, $LATEST. Errors have the service's codes, statuses and shapes; an accepted change is
// in effect at once (State Active, LastUpdateStatus Successful).
//
// # Environments
//
// An environment is one bootstrap process and what it starts. It takes one invocation at a time; the environment used last is
// used first, once it asked for its next invocation. An invocation that finds none idle starts one; if another environment
// of the function has answered and is about to ask for more, it is waited for as long as a start takes.
// The place of an invocation in the function's concurrency is free again when it is answered. A caller that goes
// away stops nothing. A change of the function ends its environments when they are idle. An environment whose invocation
// passes the function's time-out, or that takes more memory than the function has, is killed whole.
//
// On Linux, where the kernel allows namespaces, an environment has its own processes, and a root in which /var/task is the zip,
// read-only, /tmp a memory file system of the function's storage size, /dev has null, zero, full, random and urandom, and
// /proc the environment's own processes; /bin, /sbin, /lib and /lib64 are links to folders of /usr, which are empty. Nothing else of the machine's files is there. The network is the machine's. With
// Config.HostRoot, or where the kernel refuses (Config.Warn is told), the bootstrap runs among the machine's files, in the
// folder of the zip, with TMPDIR an unbounded folder of its own. Elsewhere than on Linux it always does, and only its process
// group is killed.
//
// Memory is limited by a cgroup of the environment's own (version 1 or 2) where one can be made, which counts its file
// cache and /tmp as well once they cannot be given back; else the processes' anonymous memory is measured every 100 ms.
//
// # Faults
//
// With Config.Faults and S3Config.Faults calls and invocations go wrong, by a seed, as they do over a network and on machines
// that fail: see the kinds of Fault. They are decorators: what is refused never reaches the service, what is lost has happened
// there. Without them the code path is the same but for the decorator.
//
// # What it lacks
//
// Layers, extensions, registries of images and what images say of themselves, versions and aliases, VPCs, X-Ray, CPU shares, the bandwidth limit of streamed responses,
// the rate limits of scaling. An environment is frozen between invocations in Lambda; here it runs.
package emulator
