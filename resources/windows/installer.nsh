; What the installer does beside copying files. electron-builder includes this and inserts the two macros.
!include "${PROJECT_DIR}\resources\windows\open-with.nsh"
!include "${PROJECT_DIR}\resources\windows\desktop-actions.nsh"

!macro customInstall
  !insertmacro OpenWithInstall
  ${if} ${isUpdated}
    !insertmacro DesktopActionsRefresh
  ${else}
    !insertmacro DesktopActionsInstall
  ${endIf}
  ; Tells Explorer that associations have changed (SHCNE_ASSOCCHANGED).
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

!macro customUnInstall
  !insertmacro OpenWithUninstall
  ; An update removes the old version first: whoever has switched the menu off keeps it off.
  ${ifNot} ${isUpdated}
    !insertmacro DesktopActionsRemove
  ${endIf}
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend
