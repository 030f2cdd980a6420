internal import Glibc
internal import VaultTool

exit(await VaultRun.run(Array(CommandLine.arguments.dropFirst()), on: .standard))
