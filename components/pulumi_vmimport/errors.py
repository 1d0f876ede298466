"""The exceptions of this package. Their facts are attributes; their text says what failed, why, and what to do.

VmimportError
├── CleanFailureError           a call failed and nothing that it made is left
├── PartialFailureError         a call failed, and the state records what exists
├── RunInterruptedError         a run was cancelled or passed its deadline; the next one resumes
├── RedactedError               stands for an exception whose traceback contains a credential
├── InvalidInputsError          the arguments of a component are invalid
├── ProviderLookupError         the AWS provider of a component is not configured
├── InvalidConfigurationError   the configuration of AWS is invalid
├── AccountNotAllowedError      the configuration excludes the account of the credentials
├── AccountMismatchError        the credentials are of another account than the resource
├── ForeignResponseError        something else than the AWS service answered, or a part of the response is missing
├── MissingIsoWriterError       the package that writes ISO images is not installed
├── FunctionError               a function has no result
├── FunctionCallError           a function that a program calls failed
