internal import Glibc
internal import VaultTool
internal import VitrineConsole

exit(await VaultRun.run(Array(CommandLine.arguments.dropFirst()), on: .standard(of: "vault")))
