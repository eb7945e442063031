; What the installer does beside copying files. electron-builder includes this and inserts the two macros.
!include "${PROJECT_DIR}\resources\windows\open-with.nsh"

!macro customInstall
  !insertmacro OpenWithInstall
  ; Tells Explorer that associations have changed (SHCNE_ASSOCCHANGED).
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

!macro customUnInstall
  !insertmacro OpenWithUninstall
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend
