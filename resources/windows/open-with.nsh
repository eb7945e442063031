; "Open with" for photos: Onestep is offered and never becomes the default, for which electron-builder's own macro would make it.
; A program that is registered under Applications is listed for the types that it names, and for nothing else.
!macro OpenWithType EXTENSION
  WriteRegStr SHELL_CONTEXT "Software\Classes\Applications\${APP_EXECUTABLE_FILENAME}\SupportedTypes" ".${EXTENSION}" ""
!macroend

!macro OpenWithInstall
  WriteRegStr SHELL_CONTEXT "Software\Classes\Applications\${APP_EXECUTABLE_FILENAME}" "FriendlyAppName" "${PRODUCT_NAME}"
  WriteRegStr SHELL_CONTEXT "Software\Classes\Applications\${APP_EXECUTABLE_FILENAME}\DefaultIcon" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0'
  WriteRegStr SHELL_CONTEXT "Software\Classes\Applications\${APP_EXECUTABLE_FILENAME}\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" -- "%1"'
  !insertmacro OpenWithType "jpg"
  !insertmacro OpenWithType "jpeg"
  !insertmacro OpenWithType "png"
  !insertmacro OpenWithType "webp"
  !insertmacro OpenWithType "tif"
  !insertmacro OpenWithType "tiff"
  !insertmacro OpenWithType "heic"
  !insertmacro OpenWithType "heif"
  !insertmacro OpenWithType "avif"
  !insertmacro OpenWithType "gif"
!macroend

!macro OpenWithUninstall
  DeleteRegKey SHELL_CONTEXT "Software\Classes\Applications\${APP_EXECUTABLE_FILENAME}"
!macroend
